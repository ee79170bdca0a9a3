// One side of PouchDB replicating with express-pouchdb, told what to do by lines of JSON: see pouchdb.py.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import path from "node:path";

const [side, folder, name, address] = process.argv.slice(2);
const need = createRequire(path.join(process.env.OUTREACH_POUCHDB, "package.json"));
const PouchDB = need("pouchdb");
const lines = (file) => readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
const peak = () => process.resourceUsage().maxRSS / 1024;

function hub() {
  const express = need("express");
  const sockets = new Set();
  let gone = 0, requests = 0, worked = cpu();
  const app = express();
  app.use((asked, _, next) => { requests += asked.path === "/__told" ? 0 : 1; next(); });
  app.get("/__told", (_, answer) => {
    const open = [...sockets].reduce((sum, one) => sum + one.bytesRead + one.bytesWritten, 0);
    answer.json({ bytes: gone + open, requests });
  });
  const Here = PouchDB.defaults({ prefix: folder + path.sep });
  app.use("/", need("express-pouchdb")(Here, { mode: "minimumForPouchDB", logPath: path.join(folder, "log") }));
  const server = app.listen(0, "127.0.0.1");
  server.on("connection", (one) => {
    sockets.add(one);
    one.on("close", () => { gone += one.bytesRead + one.bytesWritten; sockets.delete(one); });
  });
  return {
    start: async () => {
      await new Here("records").info();
      return { address: `http://127.0.0.1:${server.address().port}` };
    },
    spent: async () => { const before = worked; worked = cpu(); return { seconds: worked - before }; },
    cpu,
  };
}

function laptop() {
  const db = new PouchDB(path.join(folder, `laptop-${name}`));
  const told = async () => (await fetch(`${address}/__told`)).json();
  let worked = cpu();
  return {
    make: async (file) => {
      const docs = lines(file).map(({ id, ...rest }) => ({ _id: id, ...rest }));
      for (let at = 0; at < docs.length; at += 2000) await db.bulkDocs(docs.slice(at, at + 2000));
    },
    edit: async (file) => {
      for (const { id, field, value } of lines(file)) {
        await db.put({ ...(await db.get(id)), [field]: value });
      }
    },
    sync: async () => {
      const before = await told();
      const began = performance.now();
      const remote = new PouchDB(`${address}/records`);
      await db.replicate.to(remote, { batch_size: 500 });
      await db.replicate.from(remote, { batch_size: 500 });
      const seconds = (performance.now() - began) / 1000;
      const after = await told();
      return { seconds, bytes: after.bytes - before.bytes, requests: after.requests - before.requests };
    },
    outcome: async (file) => {
      const rows = [];
      for (const { id } of lines(file)) {
        const held = await db.get(id, { conflicts: true });
        const lost = [];
        for (const rev of held._conflicts ?? []) lost.push(await db.get(id, { rev }));
        rows.push({ held, lost });
      }
      return { rows, records: (await db.info()).doc_count };
    },
    cpu: () => { const before = worked; worked = cpu(); return worked - before; },
  };
}

const role = side === "hub" ? hub() : laptop();
for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, with: given } = JSON.parse(line);
  const answer = (await role[what](...given)) ?? {};
  console.log(JSON.stringify({ cpu: role.cpu(), peak: peak(), ...answer }));
}
process.exit(0);
