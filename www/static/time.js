// Times come in UTC and are shown in the viewer's zone.

const lang = document.documentElement.lang || "en";
const clock = new Intl.DateTimeFormat(lang, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
const full = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });

function words(time) {
	const near = Math.abs(time - Date.now()) < 86400000 &&
		time.getDate() === new Date().getDate();

	return near ? clock.format(time) : day.format(time);
}

export function localize(root) {
	for (const node of root.querySelectorAll("time[datetime]")) {
		const time = new Date(node.getAttribute("datetime"));

		if (Number.isNaN(time.getTime()))
			continue;
		node.textContent = words(time);
		node.title = full.format(time);
	}
	for (const node of root.querySelectorAll("[data-zone]"))
		node.textContent = zone();
}

// "Asia/Seoul (GMT+9)": the zone that times are shown in, by its name.
function zone() {
	const { timeZone } = clock.resolvedOptions();
	const parts = new Intl.DateTimeFormat(lang, { timeZone, timeZoneName: "shortOffset" })
		.formatToParts(new Date());
	const offset = parts.find((part) => part.type === "timeZoneName");

	return offset && offset.value !== timeZone
		? `${timeZone} (${offset.value})` : timeZone;
}

// Counts up from a moment, once a second.
setInterval(() => {
	for (const node of document.querySelectorAll("[data-since]")) {
		const from = new Date(node.dataset.since).getTime();
		const s = Math.max(0, Math.round((Date.now() - from) / 1000));

		node.textContent = s < 60 ? `${s} s`
			: `${Math.floor(s / 60)} min ${s % 60} s`;
	}
}, 1000);
