// Little web sites on ports of their own, as strange to TrackFlow as its users' are.
import { createServer } from "node:http";

// Serves `pages`, HTML by path; every other path is 404. The site has every name; `address("blog.test")` says where.
export async function startSite(pages) {
  const server = createServer((request, response) => {
    const html = pages[new URL(request.url, "http://site.test").pathname];
    if (html === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return {
    address: (host) => `http://${host}:${port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

// A page; the icon in it saves the browser a request that would be an error.
export function html({ title = "A page", head = "", body = "" }) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">${head}<body>${body}`;
}
