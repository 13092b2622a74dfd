import type { BuildOptions } from "esbuild";

export const K6_BUNDLE: BuildOptions;
