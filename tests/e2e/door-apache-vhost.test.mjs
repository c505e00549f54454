import { door } from './door.mjs';

door('apache-vhost');
