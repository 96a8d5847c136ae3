// Sets the stored theme before the first paint. A classic, blocking script, because the policy allows none inline.
(function () {
  try {
    var theme = localStorage.getItem("trackflow-theme");
    if (theme === "light" || theme === "dark") document.documentElement.setAttribute("data-theme", theme);
  } catch (_) { /* storage is blocked: the system's theme stands */ }
})();
