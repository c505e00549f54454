import { hosts } from './hosts-suite.mjs';

hosts('apache-checker');
