// Draws the world map: one path per country, from Natural Earth's borders (world-atlas, 1:50 million) in the Equal Earth
// projection, small enough to be loaded with a page. Pages show <use href="…/world.svg#DE"/> and colour it by class.
// Also lists the countries: code, English name, and whether the map shows it.
//
// Ids are ISO 3166-1 alpha-2, XK for Kosovo, and x1 for the one area that no state's code covers. Geolocation data
// decides who belongs where: what it reports as a code of its own (Martinique, Svalbard) is cut out, what it never
// reports (Northern Cyprus, Somaliland) is merged into the code that it does report, and so is Crimea into UA.
import { createRequire } from "node:module";
import { mergeArcs } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";

const require = createRequire(import.meta.url);

const WIDTH = 1000;
// The seam of the map lies in the Bering Strait, so that Russia is in one piece.
const CENTRAL_MERIDIAN = 11;
// Smallest triangle kept, in square units of the map: below half a pixel on a map of the usual 700 pixels.
const DETAIL = 0.28;
const SMALLEST_ISLAND = 0.7;
// Countries smaller than this get a disc as well: they must be found and clicked.
const SMALLEST_COUNTRY = 6;
const DISC_RADIUS = 2.2;

// Countries whose borders at this scale are missing, at their main place (longitude, latitude).
const DISCS = {
  CC: [96.83, -12.16], CX: [105.64, -10.45], GI: [-5.35, 36.14], TK: [-171.85, -9.2], TV: [179.2, -8.52],
};

const NAMES = {
  AE: "United Arab Emirates", AX: "Åland Islands", BN: "Brunei", BQ: "Caribbean Netherlands", CD: "DR Congo",
  CG: "Republic of the Congo", FK: "Falkland Islands", FM: "Micronesia", GB: "United Kingdom", GM: "Gambia",
  GS: "South Georgia", KR: "South Korea", LA: "Laos", MD: "Moldova", MF: "Saint Martin", NL: "Netherlands", RE: "Réunion",
  SH: "Saint Helena", ST: "São Tomé and Príncipe", SX: "Sint Maarten", SY: "Syria", UM: "U.S. Outlying Islands",
  VA: "Vatican City", VG: "British Virgin Islands", VI: "U.S. Virgin Islands", CC: "Cocos Islands",
  TR: "Türkiye", PM: "Saint Pierre and Miquelon", TF: "French Southern Territories", MO: "Macao",
};

export function drawWorld() {
  const iso = require("i18n-iso-countries");
  iso.registerLocale(require("i18n-iso-countries/langs/en.json"));

  const { topology, isSeam } = projectedTopology(require("world-atlas/countries-50m.json"));
  const detailed = presimplify(topology);
  // Where Russia and Fiji are cut at 180°, both sides must keep the cut's ends, or they could not be sewn together.
  for (const point of detailed.arcs.flat()) if (isSeam(point)) point[2] = Infinity;
  const simple = simplify(detailed, DETAIL);

  const countries = [];
  for (const [code, polygons] of polygonsByCode(topology, iso)) {
    const { coordinates } = polygonCoordinates(simple, mergeArcs(simple, [{ type: "MultiPolygon", arcs: polygons }]));
    countries.push(drawable(code, sewn(coordinates, isSeam)));
  }
  for (const [code, place] of Object.entries(DISCS)) {
    countries.push({ code, area: 0, rings: [], disc: project(place) });
  }
  spread(countries.flatMap(({ disc }) => (disc ? [disc] : [])));
  // Large ones first: drawn in this order, no country hides a smaller one.
  countries.sort((a, b) => b.area - a.area || (a.code < b.code ? -1 : 1));

  const points = countries.flatMap(({ rings, disc }) => [...rings.flat(), ...(disc ? discCorners(disc) : [])]);
  const [left, right] = extent(points.map(([x]) => x));
  const [top, bottom] = extent(points.map(([, y]) => y));
  const scale = WIDTH / (right - left);
  const place = ([x, y]) => [(x - left) * scale, (y - top) * scale];
  const height = Math.ceil((bottom - top) * scale);

  const paths = countries.map(({ code, rings, disc }) => {
    const outline = encodeRings(rings.map((ring) => ring.map(place)));
    return `<path id="${code}" d="${outline}${disc ? encodeDisc(place(disc)) : ""}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}"><defs>\n${paths.join("\n")}\n</defs></svg>\n`;

  const onMap = new Set(countries.map(({ code }) => code));
  const names = { ...iso.getNames("en", { select: "alias" }), ...NAMES };
  const countriesTsv = Object.keys(names)
    .sort()
    .map((code) => `${code}\t${names[code]}\t${onMap.has(code) ? 1 : 0}\n`)
    .join("");
  return { svg, countriesTsv };
}

// Equal Earth (Šavrič, Patterson, Jenny 2018), in units that make the whole globe WIDTH wide; y grows downwards.
function project([longitude, latitude]) {
  const lambda = (rotated(longitude) * Math.PI) / 180;
  return projectRotated(lambda, (latitude * Math.PI) / 180);
}

function projectRotated(lambda, phi) {
  const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796];
  const theta = Math.asin((Math.sqrt(3) / 2) * Math.sin(phi));
  const t2 = theta * theta;
  const t6 = t2 ** 3;
  const x = (2 * Math.sqrt(3) * lambda * Math.cos(theta)) / (3 * (9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1));
  const y = theta * (a4 * t6 * t2 + a3 * t6 + a2 * t2 + a1);
  const scale = WIDTH / 5.4133;
  return [x * scale, -y * scale];
}

function rotated(longitude) {
  return ((longitude - CENTRAL_MERIDIAN + 540) % 360) - 180;
}

// The same topology with absolute, projected coordinates, so that simplification judges what the eye will see.
function projectedTopology(source) {
  const { scale, translate } = source.transform;
  const seam = new Set();
  const arcs = source.arcs.map((arc) => {
    let [x, y] = [0, 0];
    let previous;
    return arc.map(([dx, dy]) => {
      const longitude = (x += dx) * scale[0] + translate[0];
      const latitude = (y += dy) * scale[1] + translate[1];
      let lambda = rotated(longitude);
      // An island across the map's own edge stays whole and overhangs a little.
      if (previous !== undefined && Math.abs(lambda - previous) > 180) lambda += lambda < previous ? 360 : -360;
      previous = lambda;
      const point = projectRotated((lambda * Math.PI) / 180, (latitude * Math.PI) / 180);
      if (Math.abs(longitude) > 179.99) seam.add(point.join());
      return point;
    });
  });
  return {
    topology: { type: "Topology", objects: source.objects, arcs },
    isSeam: ([x, y]) => seam.has(`${x},${y}`),
  };
}

// Alpha-2 code → polygons, as lists of arcs.
function polygonsByCode(topology, iso) {
  const result = new Map();
  for (const geometry of topology.objects.countries.geometries) {
    const name = geometry.properties.name;
    const code = { Kosovo: "XK", "N. Cyprus": "CY", Somaliland: "SO", "Siachen Glacier": "x1", "Indian Ocean Ter.": null }[name];
    const own = code === undefined ? iso.numericToAlpha2(geometry.id) : code;
    if (!own || own === "AQ") continue;
    const polygons = geometry.type === "Polygon" ? [geometry.arcs] : geometry.arcs;
    for (const polygon of polygons) {
      const target = codeOfPart(own, centre(topology, polygon));
      if (!result.has(target)) result.set(target, []);
      result.get(target).push(polygon);
    }
  }
  return result;
}

// Natural Earth counts some far parts to the state that they belong to, while they have a code of their own.
// The last figure is the distance, in units of the map, within which all its islands and nothing else of the state lie.
const PARTS = [
  ["FR", "GF", [-53, 4], 6], ["FR", "GP", [-61.5, 16.2], 2.5], ["FR", "MQ", [-61, 14.6], 2], ["FR", "RE", [55.5, -21.1], 6],
  ["FR", "YT", [45.2, -12.8], 6], ["NO", "SJ", [18, 78.8], 12], ["NO", "SJ", [-8.5, 71], 4], ["NO", "BV", [3.4, -54.4], 4],
  ["NL", "BQ", [-68.3, 12.2], 6], ["NL", "BQ", [-63, 17.5], 6], ["RU", "UA", [34.3, 45.2], 5],
].map(([of, code, place, reach]) => ({ of, code, reach, at: project(place) }));

function codeOfPart(own, [x, y]) {
  const part = PARTS.find(({ of, at, reach }) => of === own && Math.hypot(x - at[0], y - at[1]) < reach);
  return part ? part.code : own;
}

function centre(topology, [outer]) {
  const points = outer.flatMap((index) => topology.arcs[index < 0 ? ~index : index]);
  const middle = (values) => extent(values).reduce((a, b) => a + b) / 2;
  return [middle(points.map(([x]) => x)), middle(points.map(([, y]) => y))];
}

function polygonCoordinates(topology, { coordinates, arcs }) {
  if (coordinates) return { coordinates };
  const ring = (indices) => {
    const points = [];
    for (const index of indices) {
      const arc = topology.arcs[index < 0 ? ~index : index];
      const directed = index < 0 ? [...arc].reverse() : arc;
      points.push(...directed.slice(points.length ? 1 : 0));
    }
    return points.slice(0, -1);
  };
  return { coordinates: arcs.map((polygon) => polygon.map(ring)) };
}

// Joins the polygons that the source cut along 180° where both sides of a cut are found.
function sewn(polygons, isSeam) {
  const open = polygons.map((polygon) => ({ polygon, cut: cutOf(polygon[0], isSeam) }));
  const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 0.5;
  const done = [];
  while (open.length) {
    const { polygon, cut } = open.shift();
    const match = cut ? open.findIndex((other) => other.cut && near(cut.first, other.cut.last) && near(cut.last, other.cut.first)) : -1;
    if (match < 0) {
      done.push(polygon);
      continue;
    }
    const [other] = open.splice(match, 1);
    const outer = [cut.last, ...cut.rest, cut.first, ...other.cut.rest];
    const whole = [outer, ...polygon.slice(1), ...other.polygon.slice(1)];
    open.unshift({ polygon: whole, cut: cutOf(outer, (point) => point !== cut.first && point !== cut.last && isSeam(point)) });
  }
  return done;
}

// The one run of points of a ring that lie on the cut, and the rest of the ring in order; nothing if there is none.
function cutOf(ring, isSeam) {
  const start = ring.findIndex((point, i) => isSeam(point) && !isSeam(ring.at(i - 1)));
  if (start < 0) return undefined;
  const turned = [...ring.slice(start), ...ring.slice(0, start)];
  const end = turned.findIndex((point) => !isSeam(point));
  if (end < 2) return undefined;
  return { first: turned[0], last: turned[end - 1], rest: turned.slice(end) };
}

function drawable(code, polygons) {
  const sizes = polygons.map(([outer]) => area(outer));
  const total = sizes.reduce((a, b) => a + b, 0);
  const largest = sizes.indexOf(Math.max(...sizes));
  const [outer] = polygons[largest];
  const middle = [0, 1].map((axis) => extent(outer.map((point) => point[axis])).reduce((a, b) => a + b) / 2);
  const disc = total < SMALLEST_COUNTRY && code !== "x1" ? middle : undefined;
  const covered = ([x, y]) => disc && Math.hypot(x - disc[0], y - disc[1]) < DISC_RADIUS * 1.3;
  const rings = polygons
    .filter(([outer], i) => sizes[i] >= SMALLEST_ISLAND && !outer.every(covered))
    .flatMap(([outer, ...holes]) => [outer, ...holes.filter((hole) => area(hole) >= SMALLEST_ISLAND / 4)]);
  return { code, area: total, rings, disc };
}

// Moves discs apart until at least half of each is free: the two halves of Saint Martin would be one.
function spread(discs) {
  for (let round = 0; round < 30; round += 1) {
    for (const a of discs) {
      for (const b of discs) {
        const distance = Math.hypot(b[0] - a[0], b[1] - a[1]);
        if (a === b || distance >= DISC_RADIUS * 1.2) continue;
        const push = (DISC_RADIUS * 1.2 - distance) / 2 / (distance || 1);
        const [dx, dy] = [(b[0] - a[0]) * push, (b[1] - a[1]) * push];
        [a[0], a[1], b[0], b[1]] = [a[0] - dx, a[1] - dy, b[0] + dx, b[1] + dy];
      }
    }
  }
}

function discCorners([x, y]) {
  return [[x - DISC_RADIUS, y - DISC_RADIUS], [x + DISC_RADIUS, y + DISC_RADIUS]];
}

function area(ring) {
  let twice = 0;
  ring.forEach(([x, y], i) => {
    const [px, py] = ring.at(i - 1);
    twice += px * y - x * py;
  });
  return Math.abs(twice) / 2;
}

function extent(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

// Relative moves of tenths: `m` is followed by implicit lines, and a sign or point separates numbers by itself.
function encodeRings(rings) {
  let [x, y] = [0, 0];
  let path = "";
  for (const ring of rings) {
    const tenths = ring.map((point) => point.map((value) => Math.round(value * 10)));
    const distinct = tenths.filter((point, i) => String(point) !== String(tenths.at(i - 1)));
    if (distinct.length < 3) continue;
    const moves = [];
    let [px, py] = [x, y];
    for (const [qx, qy] of distinct) {
      moves.push(qx - px, qy - py);
      [px, py] = [qx, qy];
    }
    [x, y] = distinct[0];
    path += `m${encodeNumbers(moves)}z`;
  }
  return path;
}

// Clockwise like the outlines: the other way round, what overlaps would become a hole.
function encodeDisc([x, y]) {
  const r = DISC_RADIUS;
  const round = (value) => Math.round(value * 10) / 10;
  return `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1-${2 * r} 0z`;
}

function encodeNumbers(tenths) {
  let text = "";
  let hasPoint = false;
  for (const value of tenths) {
    const number = String(value / 10).replace(/^(-?)0\./, "$1.");
    const joins = text === "" || number[0] === "-" || (number[0] === "." && hasPoint);
    text += (joins ? "" : " ") + number;
    hasPoint = number.includes(".");
  }
  return text;
}
