import { door } from './door.mjs';

door('lighttpd');
