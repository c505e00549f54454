// One press of a button is one request.

export function guard(root) {
	root.addEventListener("submit", (event) => {
		const form = event.target;
		const button = event.submitter;

		if (form.method === "get")
			return;
		if (form.dataset.sent) {
			event.preventDefault();
			return;
		}
		form.dataset.sent = "1";
		if (button)
			button.setAttribute("aria-busy", "true");
	});
	// The browser's Back shows the page as it was left.
	addEventListener("pageshow", () => {
		for (const form of root.querySelectorAll("form[data-sent]")) {
			delete form.dataset.sent;
			for (const b of form.querySelectorAll("[aria-busy]"))
				b.removeAttribute("aria-busy");
		}
	});
}
