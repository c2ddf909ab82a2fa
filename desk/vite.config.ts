import { resolve } from "node:path";
import { defineConfig } from "vite";

// The desk is a few static files of its own, beside the pages that a server shows and never among them.
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  resolve: { alias: { "node:crypto": resolve(import.meta.dirname, "sha256.ts") } },
  build: {
    outDir: resolve(import.meta.dirname, "../dist/desk"),
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { entryFileNames: "desk.js", assetFileNames: "desk[extname]" },
    },
  },
});
