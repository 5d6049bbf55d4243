// Writes ../priv/static/app.js. A real project runs its bundler here.
const fs = require("fs");
const path = require("path");

const target = path.join(__dirname, "..", "priv", "static");
fs.mkdirSync(target, { recursive: true });
const built = `console.log("built with Node ${process.versions.node}");\n`;
fs.writeFileSync(path.join(target, "app.js"), built);
