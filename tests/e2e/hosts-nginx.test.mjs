import { hosts } from './hosts-suite.mjs';

hosts('nginx');
