import { door } from './door.mjs';

door('nginx');
