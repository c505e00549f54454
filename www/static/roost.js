// Everything works without this; with it, pages follow what happens.
import { follow, listen, repeat } from "./live.js";
import { localize } from "./time.js";
import { guard } from "./form.js";

localize(document);
guard(document);

const one = document.querySelector("[data-follow]");
const many = document.querySelector("[data-after]");
const often = document.querySelector("[data-every]");

if (one)
	follow(one.dataset.follow, Number(one.dataset.rev));
else if (many)
	listen(Number(many.dataset.after));
else if (often)
	repeat();
