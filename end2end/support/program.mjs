// TrackFlow as its users start it: TRACKFLOW_BIN on a free port with a data folder, a key file and a database of its own.
// E2E_DATABASE chooses SQLite (default) or PostgreSQL, which TRACKFLOW_TEST_POSTGRES leads to.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeFolder } from "./folders.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BIN = process.env.TRACKFLOW_BIN || join(root, "target", "debug", "trackflow");
const DATABASE = process.env.E2E_DATABASE || "sqlite";
const START_MS = 20_000;

// `prepare(run)` may fill the database with `run(["site", "add", "a.test"])` and the like before the program serves.
// `command` serves: `serve` or `demo`. The result's `run` does the same later, `stop()` ends the program and removes everything.
export async function startProgram({ command: served = "serve", prepare = async () => {}, settings = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "trackflow-e2e-"));
  // Not in the data folder: the program refuses that.
  const dataDir = join(folder, "data");
  mkdirSync(dataDir);
  const database = await createDatabase(dataDir);
  const environment = {
    // None of the caller's own settings: they would be tested instead.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TRACKFLOW|LEPTOS)_|^DATABASE_URL$/.test(name))),
    DATABASE_URL: database.url,
    TRACKFLOW_DATA_DIR: dataDir,
    TRACKFLOW_KEY_FILE: join(folder, "keys"),
    TRACKFLOW_LISTEN: "127.0.0.1:0",
    TRACKFLOW_LOG_FORMAT: "text",
    NO_COLOR: "1",
    ...settings,
  };
  let child, exited;
  const stop = async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill();
      await exited;
    }
    await database.drop();
    await removeFolder(folder);
  };
  const command = (args, input) => run(args, environment, input);
  try {
    await prepare(command);
    child = spawn(BIN, [served], { env: environment, stdio: ["ignore", "inherit", "pipe"] });
    exited = new Promise((resolve) => child.once("exit", resolve));
    const origin = await listening(child);
    return { origin, run: command, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// The address that the program says it listens on. Its log is only shown if something is wrong.
function listening(child) {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => reject(new Error(`${BIN} did not start within ${START_MS} ms:\n${log}`)), START_MS);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${BIN} ended with ${code}:\n${log}`)));
    child.stderr.on("data", (chunk) => {
      log += chunk;
      for (const line of String(chunk).split("\n")) {
        if (/ (ERROR|WARN) |panicked/.test(line)) process.stderr.write(`trackflow: ${line}\n`);
      }
      const address = /TrackFlow is at (http:\/\/127\.0\.0\.1:\d+)/.exec(log);
      if (address) {
        clearTimeout(timer);
        resolve(address[1]);
      }
    });
  });
}

// One command to its end; what it wrote to standard output.
async function run(args, env, input = "") {
  const child = spawn(BIN, args, { env, stdio: "pipe" });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  assert.equal(code, 0, `trackflow ${args.join(" ")} ended with ${code}:\n${err}`);
  return out;
}

async function createDatabase(dataDir) {
  if (DATABASE === "sqlite") return { url: `sqlite:${join(dataDir, "trackflow.db")}`, drop: async () => {} };
  assert.equal(DATABASE, "postgres", "E2E_DATABASE must be sqlite or postgres");
  const server = process.env.TRACKFLOW_TEST_POSTGRES;
  assert.ok(server, "TRACKFLOW_TEST_POSTGRES must lead to a PostgreSQL; .ci/postgres starts one");
  const name = `trackflow_e2e_${randomBytes(6).toString("hex")}`;
  await psql(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: String(url), drop: () => psql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function psql(url, statement) {
  const child = spawn("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", `--command=${statement}`, url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  assert.equal(code, 0, `${statement}: ${err}`);
}
