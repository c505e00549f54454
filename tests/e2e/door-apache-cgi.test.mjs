import { door } from './door.mjs';

door('apache-cgi');
