import { hosts } from './hosts-suite.mjs';

hosts('lighttpd');
