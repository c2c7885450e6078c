import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { licenses } from "./build/licenses.js";

const root = fileURLToPath(new URL(".", import.meta.url));

/**
 * Pages are served under any path, files under `/assets/<build>/`. The build's name is known only once all files are, so the server puts it
 * in place of `~build~`.
 */
const servedPaths: Plugin = {
	name: "olivine-served-paths",
	apply: "build",
	enforce: "post",
	transformIndexHtml: { order: "post", handler: (html) => html.replaceAll('"./assets/', '"/assets/~build~/') },
};

const licenseTexts: Plugin = {
	name: "olivine-licenses",
	apply: "build",
	generateBundle() {
		this.emitFile({ type: "asset", fileName: "assets/licenses.txt", source: licenses(root) });
	},
};

/** The server that `cargo xtask console dev` talks to. */
const server = process.env.OLIVINE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
	base: "./",
	plugins: [react(), servedPaths, licenseTexts],
	css: { modules: { generateScopedName: "[name]_[local]" } },
	build: {
		target: "es2022",
		modulePreload: { polyfill: false },
		cssCodeSplit: false,
		assetsInlineLimit: 0,
		chunkSizeWarningLimit: 700,
		rolldownOptions: {
			output: {
				// Names that stay, so that git keeps differences only (README.md).
				entryFileNames: "assets/app.js",
				chunkFileNames: "assets/[name].js",
				assetFileNames: (asset) =>
					asset.names.some((name) => name.endsWith(".css")) ? "assets/app.css" : "assets/[name][extname]",
				codeSplitting: {
					// Few files, because a browser on HTTP/1.1 asks for six at once: packages, what all pages have in common, and a file per page.
					groups: [
						{ name: "vendor", test: /node_modules/, tags: ["$initial"], priority: 3 },
						{ name: "common", test: /console\/src\/(?:api|ui|words|shell)\/(?!widgets\/)/, priority: 2 },
						{ name: "packages", test: /node_modules/, minShareCount: 2, priority: 1 },
						{ name: "shared", test: /console\/src\/resources\//, minShareCount: 2, priority: 1 },
					],
				},
			},
		},
	},
	worker: { format: "es", rolldownOptions: { output: { entryFileNames: "assets/[name].js" } } },
	server: { proxy: { "/v1": { target: server }, "/docs": { target: server } } },
});
