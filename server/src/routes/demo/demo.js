// The demo's single-page app: links change the address, buttons send events.
window.trackflow = window.trackflow || function () { (trackflow.q = trackflow.q || []).push(arguments) };

const pages = {
  "/demo/": ["Your visit is being counted", document.getElementById("text").textContent],
  "/demo/pricing": ["Pricing", "The address changed without a page load. The beacon script noticed and sent a pageview of /demo/pricing."],
  "/demo/docs": ["Docs", "Stay a while: the time that this page is visible and in focus is counted too, and how far you scroll."],
  "/demo/blog": ["Blog", "Go back with the browser's button: that is a pageview again."],
};

function show() {
  const [title, text] = pages[location.pathname] || ["Nothing here", "This address is counted all the same."];
  document.querySelector("h1").textContent = title;
  document.getElementById("text").textContent = text;
  document.title = title + " · Keelson";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.querySelector("nav").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);

for (const button of document.querySelectorAll("[data-event]")) {
  button.addEventListener("click", () => {
    const { event, amount } = button.dataset;
    trackflow(event, amount ? { revenue: { amount, currency: "EUR" } } : {});
    document.getElementById("status").textContent = `The event “${event}” was sent.`;
  });
}

show();
