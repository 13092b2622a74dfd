/** The global of k6 that settings name as a default; tests always give the environment themselves. */
declare const __ENV: Readonly<Record<string, string>>;
