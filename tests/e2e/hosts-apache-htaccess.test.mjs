import { hosts } from './hosts-suite.mjs';

hosts('apache-htaccess');
