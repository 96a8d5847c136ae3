// The demo, for pictures and measurements: the one that TRACKFLOW_URL names, or one of its own.
import assert from "node:assert/strict";
import { startProgram } from "./program.mjs";

export const ACCOUNT = { email: "demo@trackflow.example", password: "trackflow-demo" };

// `logIn()` gives the cookie of a new session as a header says it.
export async function startDemo() {
  const given = process.env.TRACKFLOW_URL;
  const program = given ? { origin: new URL(given).origin, stop: async () => {} } : await startProgram({ command: "demo" });
  const logIn = async () => {
    const answer = await fetch(`${program.origin}/api/app/log_in`, {
      method: "POST", body: new URLSearchParams({ ...ACCOUNT, next: "/" }), headers: { Origin: program.origin }, redirect: "manual",
    });
    const cookie = answer.headers.get("set-cookie")?.split(";")[0];
    assert.ok(cookie, `logging in to the demo answered ${answer.status}`);
    return cookie;
  };
  return { url: program.origin, logIn, stop: program.stop };
}
