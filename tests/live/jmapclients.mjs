// Two clients of others against our server. Prints what they got as one line of JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, url] = process.argv.slice(2);
const require = createRequire(folder + "/package.json");
const out = {};

const { JamClient } = await import(pathToFileURL(require.resolve("jmap-jam")));
const jam = new JamClient({ bearerToken: "none", sessionUrl: url + ".well-known/jmap" });
const accountId = await jam.getPrimaryAccount();
const [boxes] = await jam.api.Mailbox.get({ accountId, ids: null });
out.boxes = boxes.list.map((b) => b.name).sort();
const [many] = await jam.requestMany((t) => {
  const query = t.Email.query({ accountId, filter: { subject: "plan" },
    sort: [{ property: "sentAt", isAscending: true }] });
  const get = t.Email.get({ accountId, ids: query.$ref("/ids"),
    properties: ["id", "blobId", "subject", "threadId", "from"] });
  const threads = t.Thread.get({ accountId, ids: get.$ref("/list/*/threadId") });
  const snippets = t.SearchSnippet.get({ accountId, filter: { subject: "plan" },
    emailIds: query.$ref("/ids") });
  return { query, get, threads, snippets };
});
out.subjects = many.get.list.map((m) => m.subject);
out.threads = many.threads.list.map((t) => t.emailIds.length);
out.marked = many.snippets.list[0].subject;
const blob = await jam.downloadBlob({ accountId, blobId: many.get.list[0].blobId,
  mimeType: "message/rfc822", fileName: "a b.eml" });
out.downloaded = (await blob.text()).split("\n")[0];
try {
  await jam.api.Email.set({ accountId, destroy: [many.get.list[0].id] });
} catch (e) {
  out.set = JSON.stringify(e.message ?? e) + JSON.stringify(e);
}

const { Client } = require("jmap-client-ts");
const transport = {
  get: (u, headers) => fetch(u, { headers }).then((r) => r.json()),
  post: (u, body, headers) => fetch(u, { method: "POST", headers,
    body: JSON.stringify(body) }).then((r) => r.json()),
};
const ts = new Client({ sessionUrl: url + ".well-known/jmap", accessToken: "none", transport });
await ts.fetchSession();
const account = ts.getFirstAccountId();
out.tsBoxes = (await ts.mailbox_get({ accountId: account, ids: null })).list.length;
const found = await ts.email_query({ accountId: account, filter: { from: "bob" } });
out.tsFound = found.ids.length;
const mails = await ts.email_get({ accountId: account, ids: found.ids,
  properties: ["subject", "keywords"] });
out.tsSubjects = mails.list.map((m) => m.subject);
const state = (await ts.email_get({ accountId: account, ids: [] })).state;
out.tsChanges = (await ts.email_changes({ accountId: account, sinceState: state })).created.length;
console.log(JSON.stringify(out));
