// Prints which Node runs it, and a table of the files in its directory. `flatMap`
// came with Node 11: under the pinned 10.15.3 the fallback of this file is what runs.
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");

const flatMap = (list, each) =>
  Array.prototype.flatMap ? list.flatMap(each) : [].concat(...list.map(each));

function walk(directory) {
  return flatMap(fs.readdirSync(directory).sort(), (name) => {
    const file = path.join(directory, name);
    return fs.statSync(file).isDirectory() ? walk(file) : [file];
  });
}

function describe(file) {
  const bytes = fs.readFileSync(file);
  const digest = crypto.createHash("sha256").update(bytes).digest("hex");
  return `${digest.slice(0, 12)}  ${String(bytes.length).padStart(6)}  ${path.relative(__dirname, file)}`;
}

console.log(`node ${process.versions.node}, V8 ${process.versions.v8}, at ${process.execPath}`);
console.log(`flatMap: ${Array.prototype.flatMap ? "built in" : "not yet, written out"}`);
for (const file of walk(__dirname)) console.log(describe(file));
