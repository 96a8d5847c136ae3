// TrackFlow's vitals script: tells the server how fast a page felt, as the visitor's browser measured it. Optional, beside or
// without the beacon script.
//
//   <script defer src="https://HOST/js/vitals.js" data-domain="example.com"></script>
//
// Built by end2end/assets.mjs with Google's web-vitals into public/built/vitals.js, served as /js/vitals.js. Sends one message for
// each load of a page, when it is hidden for the first time: POST /api/event with the name `vitals`. It sets no cookie, writes no
// storage and reads one value: the visitor's own wish to be left out. docs/embed.md describes it.
//
// Attributes of the tag: data-domain, data-api, data-hash and data-local, as of the beacon script.
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";

const script = document.currentScript || document.querySelector('script[data-domain][src*="vitals"]');
const options = script ? script.dataset : {};

// The same as in script.src.js: whoever is not counted there is not measured here.
const silent =
  (!("local" in options) && /^(|(.+\.)?localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname)) ||
  navigator.doNotTrack == 1 ||
  navigator.globalPrivacyControl;

const isLeftOut = () => {
  // Reading storage throws where the visitor forbids it.
  try {
    return localStorage.trackflow_ignore == "true";
  } catch (e) {}
};

// Single-page apps change the address; what is measured is the page that was loaded. A fragment that is no route stays in the
// browser: it may hold a token of a login.
const currentPage = () => ("hash" in options ? location.href : location.href.split("#")[0]);

let page; // URL of the load that is being measured
let values; // what was measured of it; unset once it is sent

const begin = () => {
  page = currentPage();
  values = {};
};

const note = ({ name, value }) => {
  if (values) values[name.toLowerCase()] = value;
};

const send = () => {
  const v = values;
  values = undefined;
  if (!v || !Object.keys(v).length || isLeftOut()) return;
  // As in script.src.js: `keepalive` outlives the page, a string body is text/plain and needs no CORS preflight.
  fetch(new URL(options.api || "/api/event", script.src), {
    method: "POST",
    keepalive: true,
    credentials: "omit",
    body: JSON.stringify({ n: "vitals", u: page, d: options.domain, h: "hash" in options ? 1 : undefined, v }),
  }).catch(() => {});
};

// Two tags on one page would count everything twice.
if (script && !silent && !window.trackflow_vitals) {
  window.trackflow_vitals = 1;
  begin();
  // Before those of web-vitals, which begin to measure anew when a page comes back from the back/forward cache.
  addEventListener("pageshow", (event) => event.persisted && begin(), true);
  // All changes: what an idle moment was to work off when the page is hidden is not reported as the last value.
  for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(note, { reportAllChanges: true });
  // Behind those of web-vitals, which capture and give their last values when the page is hidden; leaving hides it too. So a
  // page that nobody saw is not reported.
  addEventListener("visibilitychange", () => document.hidden && send());
}
