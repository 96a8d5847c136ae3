// TrackFlow's beacon script: tells the server which pages are seen and for how long.
//
//   <script defer src="https://HOST/js/script.js" data-domain="example.com"></script>
//
// Built and minified by end2end/assets.mjs into public/built/script.js, served as /js/script.js, received by
// POST /api/event. It sets no cookie, writes no storage and reads one value: the visitor's own wish to be left out.
//
// Attributes of the tag, all optional but the first:
//   data-domain      the site, as named in TrackFlow
//   data-api         where to post: a path on the script's host or a full URL (default /api/event)
//   data-hash        the part behind # is part of the path, for sites that route by it
//   data-outbound    an event `Outbound Link: Click` for links to other hosts
//   data-downloads   an event `File Download` for links to files
//   data-local       count on localhost and file: too, for development
//
// Own events: trackflow("Signup", { props: { plan: "pro" }, revenue: { amount: 9, currency: "EUR" }, interactive: false,
// callback: (answer) => … }). The callback gets the server's Response, or the error, or nothing if the visit is not
// counted. To call it before this script has loaded, put this first:
//   window.trackflow=window.trackflow||function(){(trackflow.q=trackflow.q||[]).push(arguments)}
//
// To leave one's own visits out: localStorage.trackflow_ignore = "true" in the browser's console.
//
// Names on the wire are Plausible's: n name, u URL, d domain, r referrer, p props, $ revenue, i interactive, h hash mode,
// w width of the window, e engaged milliseconds, sd scroll depth in percent; t, the title of a page, is ours. The language
// is not among them: browsers send it as a header. Every byte is paid by every visitor, so helpers exist only where
// they make the compressed file smaller.
(() => {
  // `currentScript` is null when a bundler or a module loads us: the tag is then found by its attribute.
  const script = document.currentScript || document.querySelector("script[data-domain]");
  const earlier = window.trackflow || {};
  // Two tags on one page (a theme and a plugin, say) would count everything twice and make every bounce vanish.
  if (!script || earlier.ready) return;

  const options = script.dataset;
  const queue = earlier.q || [];
  // The empty host name is that of file: and of framed srcdoc documents.
  const silent =
    (!("local" in options) && /^(|(.+\.)?localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname)) ||
    navigator.doNotTrack == 1 ||
    navigator.globalPrivacyControl;

  let nothing; // undefined, in fewer bytes; JSON leaves such fields out
  const hashMode = "hash" in options ? 1 : nothing;
  let referrer = document.referrer || nothing; // only for the first page: later pages came from this site
  let page; // URL of the page being counted; unset until the first page is seen
  let path; // what decides whether the page is another one
  let since = 0; // when the page was last found visible and focused, 0 while it is not
  let engaged; // milliseconds visible and focused that were not sent yet
  let deepest; // lowest pixel seen
  let sent; // deepest percentage sent
  let waiting; // timer of a view that waits for its title

  // Never throws: whatever goes wrong, the host page's own script runs on.
  const send = (name, details) => {
    details = details || {};
    const done = details.callback || (() => {});
    // `async` turns what stringify, URL or fetch throw at once into a rejection.
    (async () => {
      // Reading storage throws where the visitor forbids it.
      try {
        if (localStorage.trackflow_ignore == "true") return;
      } catch (e) {}
      if (silent) return;
      // `keepalive` outlives the page like sendBeacon, which common block lists refuse to every host.
      // A string body is text/plain: no CORS preflight.
      return fetch(new URL(options.api || "/api/event", script.src), {
        method: "POST",
        keepalive: true,
        credentials: "omit",
        body: JSON.stringify({
          n: name,
          u: page,
          d: options.domain,
          r: referrer,
          p: details.props,
          $: details.revenue,
          i: details.interactive === false ? false : nothing,
          h: hashMode,
          e: details.e,
          sd: details.sd,
          ...(name == "pageview" && { t: document.title, w: innerWidth }),
        }),
      });
    })().then(done, done);
  };

  // performance.now() stands still while most computers sleep, Date.now() would count the night as reading time.
  const activeAt = () => (!document.hidden && document.hasFocus() ? performance.now() : 0);

  const look = () => {
    deepest = Math.max(deepest, scrollY + innerHeight);
  };

  // Adds up the attention since the last call and reports it when it pauses. What is left when the page goes cannot be
  // reported later, so a shorter time is worth a message then.
  const settle = (leaving) => {
    if (waiting) count();
    if (since) engaged += performance.now() - since;
    since = leaving ? 0 : activeAt();
    if (page && !since) {
      look();
      // The height is read as late as possible, for pages that load more while one scrolls; and only here, because
      // reading it makes the browser lay out the page.
      const depth = Math.min(100, ((deepest / document.documentElement.scrollHeight) * 100 + 0.5) | 0);
      if (depth > sent || engaged >= (leaving ? 1e3 : 3e3)) {
        send("engagement", { e: engaged | 0, sd: depth });
        engaged = 0;
        sent = depth;
      }
    }
  };

  const currentPath = () => location.pathname + (hashMode ? location.hash : "");

  const count = () => {
    waiting = clearTimeout(waiting);
    send("pageview");
    referrer = nothing;
  };

  const view = (routed) => {
    settle(1); // routers change the address before the document, so what is measured is still the page that was left
    // A fragment that is no route stays in the browser: it may hold a token of a login.
    page = hashMode ? location.href : location.href.split("#")[0];
    path = currentPath();
    engaged = deepest = sent = 0;
    since = activeAt();
    // Routers change the title after the address. What happens before the time is over counts the view first.
    if (routed) waiting = setTimeout(count, 99);
    else count();
  };

  const navigated = () => {
    if (page && path != currentPath()) view(1);
  };

  // The first view waits until someone sees the page: prerendered pages and background tabs may never be looked at.
  // Own events wait with it, so that no visit consists of a page that nobody saw.
  const begin = () => {
    if (!page && !document.hidden) {
      view();
      queue.map((call) => send(...call));
    }
  };

  // Capturing on window also hears what is fired on document and does not bubble, and links whose clicks are stopped.
  const on = (types, listener) => types.split(" ").map((type) => addEventListener(type, listener, true));

  on("visibilitychange prerenderingchange focus blur pagehide", (event) => {
    settle(event.type == "pagehide");
    begin();
  });
  on("scroll", look);
  on("pageshow", (event) => event.persisted && view()); // back from the back/forward cache: no load, but a view
  on("popstate hashchange", navigated);
  ["pushState", "replaceState"].map((method) => {
    const original = history[method];
    history[method] = (...state) => {
      original.apply(history, state);
      navigated();
    };
  });

  // Button 1 is the middle one, which opens a tab; 2 opens a menu and is no visit.
  on("click auxclick", (event) => {
    const link = event.button < 2 && event.target.closest && event.target.closest("a[href]");
    if (!link) return;
    if ("outbound" in options && link.host && link.host != location.host) {
      track("Outbound Link: Click", { props: { url: link.href } });
    } else if (
      "downloads" in options &&
      /\.(pdf|xlsx?|docx?|pp[st]x?|txt|rtf|csv|exe|key|7z|pkg|rar|gz|zip|dmg|avi|mov|mp[34]|mpeg|wmv|wma|wav|midi?)$/i.test(link.pathname)
    ) {
      // Without the query: signed download addresses carry secrets there.
      track("File Download", { props: { url: link.href.split("?")[0] } });
    }
  });

  const track = (window.trackflow = (...call) => {
    if (waiting) count();
    page ? send(...call) : queue.push(call);
  });
  track.ready = 1;
  begin();
})();
