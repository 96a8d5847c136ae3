// Builds what browsers load and the repository does not keep, from public/*.src.js and npm packages into public/built/:
// the beacon script, the vitals script, the chart bundle, the dashboard's script and the world map. Fails when one outgrows its budget.
//
//   node assets.mjs            builds what is older than its sources
//   node assets.mjs --force    builds everything
//
// The chart bundle and the map take seconds, so they are only rebuilt when a source is newer. src/domain/countries.tsv
// is written too: it is in the repository, because the server compiles it in and must build without npm.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const publicDir = join(root, "public");
const builtDir = join(publicDir, "built");
const force = process.argv.includes("--force");

// Node 20 and all browsers of the last years; older ones get no figures rather than a larger script for everyone.
const TARGET = "es2020";

const assets = [
  {
    output: join(builtDir, "script.js"),
    sources: [join(publicDir, "script.src.js")],
    budget: { gzip: 1299 },
    build: buildBeaconScript,
  },
  {
    output: join(builtDir, "vitals.js"),
    sources: [join(publicDir, "vitals.src.js")],
    budget: { gzip: 2_999 },
    build: buildVitalsScript,
  },
  {
    output: join(builtDir, "charts.js"),
    sources: [join(publicDir, "charts.src.js")],
    budget: { brotli: 160 * 1024 },
    build: buildCharts,
  },
  {
    output: join(builtDir, "dashboard.js"),
    sources: ["dashboard", "palette", "dom"].map((name) => join(publicDir, `${name}.src.js`)),
    budget: { brotli: 8 * 1024 },
    build: (asset) => bundle(asset.sources[0]),
  },
  {
    output: join(builtDir, "world.svg"),
    sources: [join(here, "world.mjs")],
    budget: { brotli: 30 * 1024 },
    build: buildWorld,
  },
];

// Both minifiers, and one after the other: which is smallest changes with the source.
async function buildBeaconScript({ sources: [source] }) {
  const { transform } = await import("esbuild");
  const { minify } = await import("terser");
  const code = readFileSync(source, "utf8");
  const byTerser = async (input) =>
    (await minify(input, { ecma: 2020, toplevel: true, compress: { passes: 3, unsafe_arrows: true } })).code;
  const esbuild = (await transform(code, { minify: true, target: TARGET })).code.trim();
  const candidates = [esbuild, await byTerser(code), await byTerser(esbuild)];
  return candidates.reduce((best, next) => (gzip(next) < gzip(best) ? next : best));
}

const version = (name) => JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8")).version;

async function buildVitalsScript({ sources: [source] }) {
  const { minify } = await import("terser");
  const bundled = await bundle(source);
  const { code } = await minify(bundled, { ecma: 2020, compress: { passes: 3, unsafe_arrows: true } });
  const smaller = gzip(code) < gzip(bundled) ? code : bundled;
  return `/*! web-vitals ${version("web-vitals")}, Google LLC, Apache-2.0 */\n${smaller}`;
}

async function buildCharts({ sources: [source] }) {
  const licences =
    `/*! Apache ECharts ${version("echarts")}, The Apache Software Foundation, Apache-2.0; ` +
    `zrender ${version("zrender")}, Baidu Inc., BSD-3-Clause; tslib, Microsoft Corporation, 0BSD */\n`;
  return licences + (await bundle(source));
}

async function bundle(source) {
  const { build } = await import("esbuild");
  const result = await build({
    entryPoints: [source],
    bundle: true,
    minify: true,
    format: "iife",
    target: TARGET,
    write: false,
    legalComments: "none",
    logLevel: "silent",
    // The sources lie beside, not below, the packages.
    nodePaths: [join(here, "node_modules")],
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return result.outputFiles[0].text;
}

async function buildWorld() {
  const { drawWorld } = await import("./world.mjs");
  const { svg, countriesTsv } = drawWorld();
  writeIfChanged(join(root, "src", "domain", "countries.tsv"), countriesTsv);
  return svg;
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function isUpToDate({ output, sources }) {
  if (force || !existsSync(output)) return false;
  const builtAt = statSync(output).mtimeMs;
  // This file and the lock decide the result as much as the source does.
  const inputs = [...sources, fileURLToPath(import.meta.url), join(here, "package-lock.json")];
  return inputs.every((input) => !existsSync(input) || statSync(input).mtimeMs <= builtAt);
}

function gzip(text) {
  return gzipSync(text, { level: 9 }).length;
}

function brotli(text) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text) };
  return brotliCompressSync(text, { params }).length;
}

mkdirSync(builtDir, { recursive: true });
const complaints = [];
for (const asset of assets) {
  if (!existsSync(asset.sources[0])) continue;
  const name = relative(root, asset.output);
  const upToDate = isUpToDate(asset);
  try {
    if (!upToDate) writeFileSync(asset.output, await asset.build(asset));
  } catch (error) {
    complaints.push(`${name}: ${error.message}`);
    continue;
  }
  const text = readFileSync(asset.output, "utf8");
  const sizes = { raw: Buffer.byteLength(text), gzip: gzip(text), brotli: brotli(text) };
  const figures = Object.entries(sizes).map(([kind, bytes]) => `${kind} ${bytes.toLocaleString("en").padStart(9)}`);
  console.log(`${name.padEnd(26)}${figures.join("  ")}${upToDate ? "  up to date" : ""}`);
  for (const [kind, limit] of Object.entries(asset.budget)) {
    if (sizes[kind] > limit) complaints.push(`${name}: ${sizes[kind]} bytes ${kind}, the budget is ${limit}`);
  }
}
for (const complaint of complaints) console.error(`assets: ${complaint}`);
process.exitCode = complaints.length ? 1 : 0;
