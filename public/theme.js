// Sets the stored theme before the first paint; an embedded page has that of its address. A classic, blocking script, because the
// policy allows none inline.
(function () {
  if (document.documentElement.hasAttribute("data-theme")) return;
  try {
    var theme = localStorage.getItem("trackflow-theme");
    if (theme === "light" || theme === "dark") document.documentElement.setAttribute("data-theme", theme);
  } catch (_) { /* storage is blocked: the system's theme stands */ }
})();
