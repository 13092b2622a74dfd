/** The report in a real Chromium, as a person opens it: from a file, wide and narrow, light and dark. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeReport } from "../../cli/report/files.ts";
import type { Result } from "../../cli/result.ts";
import { countsOf } from "../../core/counts.ts";
import { number } from "../../core/numbers.ts";
import { plainReason } from "../../core/reason.ts";
import { observedOf, samplesOf } from "../../core/rendering.ts";
import { histogramOf, invalid, lossy, resultOf } from "../unit/results.ts";

const root = join(import.meta.dirname, "../..");

/** What an hour-long run of many events and paths leaves behind. */
const long = resultOf({ run: "pipeline-long", seconds: 3_600, paths: 40 });

/** A run whose names try to run as code. */
const HOSTILE = "</script><script>globalThis.taken=1</script><img src=x onerror=globalThis.taken=1>";
const hostile: Result = {
  ...lossy(),
  run: HOSTILE,
  reasons: [plainReason(HOSTILE)],
  latencies: [1, 2].map((middle) => ({ path: `${HOSTILE}${middle}`, histogram: histogramOf(1_000, middle) })),
};

/** A run in which a target sent one long word. */
const wordy: Result = {
  ...lossy(),
  account: {
    ...(lossy().account as NonNullable<Result["account"]>),
    findings: [`event 197 is damaged: it is {"reference":"${"7f".repeat(200)}"}`],
  },
};

const records = { pass: resultOf(), fail: lossy(), invalid: invalid(), long, hostile, wordy };

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-browser-"));
  for (const [name, result] of Object.entries(records)) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "k6-dashboard.html"), "<title>k6</title>");
    await writeReport(root, { result, folder: join(folder, name) }, {});
  }
  // Inside a container Chromium cannot make a sandbox of its own; it opens nothing but our files.
  const executablePath = execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

interface OpenPage {
  readonly page: Page;
  /** What the browser complained of, and everything it asked for beside the page. */
  readonly complaints: readonly string[];
}

async function open(
  name: keyof typeof records,
  width = 1400,
  colorScheme: "light" | "dark" = "light",
): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (problem) => complaints.push(String(problem)));
  const address = pathToFileURL(join(folder, name, "report.html")).href;
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(address);
  await page.waitForFunction(
    () => document.querySelectorAll(".plot").length === document.querySelectorAll(".plot svg").length,
  );
  return { page, complaints };
}

const LOOKS = [
  [1400, "light"],
  [1400, "dark"],
  [390, "light"],
  [390, "dark"],
] as const;

describe.each(LOOKS)("%i pixels wide, %s", (width, scheme) => {
  test.each(["pass", "fail", "invalid"] as const)("%s draws every chart without a complaint", async (name) => {
    const { page, complaints } = await open(name, width, scheme);
    expect(complaints).toEqual([]);
    const charts = await page.locator(".plot").evaluateAll((plots) =>
      plots.map((plot) => ({
        id: plot.id,
        told: plot.getAttribute("aria-label") ?? "",
        drawn: [...plot.querySelectorAll("svg path")].filter((path) => (path as SVGPathElement).getTotalLength() > 50)
          .length,
        words: plot.querySelector("svg")?.textContent ?? "",
      })),
    );
    expect(charts.map(({ id }) => id)).toEqual(
      ["flow", "curves", "timeline", "generator", "target"].map((id) => `chart-${id}`),
    );
    for (const { told, drawn, words } of charts) {
      expect(told.length).toBeGreaterThan(30);
      expect(drawn).toBeGreaterThan(2);
      expect(words).not.toMatch(/NaN|undefined|null/);
    }
    await page.close();
  });

  test("nothing is wider than the page", async () => {
    const { page } = await open("wordy", width, scheme);
    expect(await page.locator("body").textContent()).toContain("7f7f7f");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await page.close();
  });

  test("text stands out from its ground", async () => {
    const { page } = await open("fail", width, scheme);
    const contrasts = await page.evaluate(() => {
      const luminance = (colour: string) => {
        const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => Number(part) / 255);
        const [red = 0, green = 0, blue = 0] = parts.map((part) =>
          part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
        );
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const ground = luminance(getComputedStyle(document.body).backgroundColor);
      const samples = [".answer", ".sentence", ".quiet", ".explanation", ".outcome.missed", "td code", "dd"];
      return samples.map((selector) => {
        const element = document.querySelector(selector);
        const text = element === null ? ground : luminance(getComputedStyle(element).color);
        return [selector, (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05)] as const;
      });
    });
    // WCAG's AA level for text.
    for (const [selector, contrast] of contrasts) expect(contrast, selector).toBeGreaterThanOrEqual(4.5);
    await page.close();
  });
});

test.each(["pass", "fail", "invalid"] as const)(
  "the first screen of a phone has verdict, account and latency of %s",
  async (name) => {
    const { page } = await open(name, 390);
    const bottom = (locator: ReturnType<Page["locator"]>) =>
      locator.evaluate((element) => element.getBoundingClientRect().bottom);
    for (const label of ["delivered", "lost", "unjudged", "delivery p50", "delivery p99", "clocks agree to"]) {
      expect(await bottom(page.locator(".key-figures div", { hasText: label }).first()), label).toBeLessThan(664);
    }
    expect(await bottom(page.locator(".answer"))).toBeLessThan(664);
    await page.close();
  },
);

describe("every number in the page is the record's", () => {
  test.each(["pass", "fail", "invalid"] as const)("of %s: the objectives", async (name) => {
    const { page } = await open(name);
    const shown = await page.locator("#objectives tbody tr").evaluateAll((rows) =>
      rows.map((row) => {
        const cell = (title: string) => row.querySelector(`td[data-title="${title}"]`);
        return {
          metric: cell("metric")?.querySelector("code")?.textContent,
          objective: cell("objective")?.textContent,
          tests: cell("test")?.textContent?.split(", "),
          observed: cell("observed")?.querySelector("data")?.value,
          text: cell("observed")?.textContent,
          samples: cell("samples")?.querySelector("data")?.value,
          margin: cell("margin")?.querySelector("data")?.value,
          result: cell("result")?.textContent,
        };
      }),
    );
    const words = { met: "met", missed: "missed", unmeasured: "not measured" };
    const expected = records[name].tests.flatMap(({ test, summary }) =>
      (summary?.rows ?? []).map((row) => ({ test, row })),
    );
    for (const { test, row } of expected) {
      expect(shown.filter(({ tests }) => tests?.includes(test))).toContainEqual(
        expect.objectContaining({
          metric: row.metric,
          objective: row.objective,
          observed: row.observed === null ? undefined : String(row.observed),
          text: observedOf(row),
          samples: samplesOf(row) === "" ? undefined : String(row.samples),
          margin: row.margin === null ? undefined : String(row.margin),
          result: words[row.result],
        }),
      );
    }
    expect(shown.flatMap(({ tests }) => tests)).toHaveLength(expected.length);
    await page.close();
  });

  test.each(["pass", "fail", "invalid"] as const)("of %s: the account", async (name) => {
    const { page } = await open(name);
    const { account } = records[name];
    if (account === null) throw new Error("no account");
    const shown = await page
      .locator("dd[id^=account-]")
      .evaluateAll((cells) =>
        cells.map(
          (cell) => [cell.id.slice("account-".length), cell.querySelector("data")?.value, cell.textContent] as const,
        ),
      );
    expect(shown).toHaveLength(countsOf("events").length + countsOf("deliveries").length);
    for (const [key, value, text] of shown) {
      const counted = account[key] as number;
      expect([key, value, text]).toEqual([key, String(counted), number(counted)]);
    }
    // The flow shows the same numbers, written by the chart.
    const flow = (await page.locator("#chart-flow svg").textContent()) ?? "";
    for (const key of ["published", "acknowledged", "expected", "delivered"] as const)
      expect(flow).toContain(number(account[key]));
    if (account.lost > 0) expect(flow.replaceAll(/\s/g, "")).toContain(`Lost${number(account.lost)}`);
    await page.close();
  });
});

test("names in the record never run as code", async () => {
  const { page, complaints } = await open("hostile");
  await page.locator("#chart-curves").hover();
  await page.waitForFunction(() =>
    document.querySelector("#chart-curves > div:nth-child(2)")?.textContent?.includes("taken"),
  );
  expect(await page.evaluate(() => "taken" in globalThis)).toBe(false);
  expect(await page.locator("img").count()).toBe(0);
  expect(await page.locator("h1 .run").textContent()).toBe(HOSTILE);
  expect(complaints).toEqual([]);
  await page.close();
});

test("a change of theme or width draws the charts anew", async () => {
  const { page } = await open("pass");
  const look = () => page.locator("#chart-flow svg").evaluate((svg) => [svg.clientWidth, svg.innerHTML] as const);
  const [wide, light] = await look();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction((before) => document.querySelector("#chart-flow svg")?.innerHTML !== before, light);
  await page.setViewportSize({ width: 390, height: 800 });
  await page.waitForFunction(
    (before) => (document.querySelector("#chart-flow svg")?.clientWidth ?? before) < before,
    wide,
  );
  await page.close();
});

test("an hour of forty paths is drawn, and how long that takes is told", async () => {
  const { page, complaints } = await open("long");
  const elapsed = await page.evaluate(
    () => performance.getEntriesByType("navigation").map((entry) => entry.duration)[0],
  );
  console.log(`an hour of forty paths: loaded and drawn in ${Math.round(elapsed ?? Number.NaN)} ms`);
  expect(complaints).toEqual([]);
  expect(await page.locator("#latency tbody tr").count()).toBe(20);
  await page.close();
});

test("k6's own dashboard is linked where there is one, and paper shows the charts on white", async () => {
  const { page, complaints } = await open("pass", 1400, "dark");
  expect(await page.getByRole("link", { name: "k6-dashboard.html" }).getAttribute("href")).toBe("k6-dashboard.html");
  const pdf = await page.pdf();
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  await page.emulateMedia({ media: "print" });
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(255, 255, 255)");
  expect(complaints).toEqual([]);
  await page.close();
});
