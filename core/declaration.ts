/** Checks the form of a user's declaration, so that a misspelt key is rejected without a compiler, too. */
import { suggestion } from "./nearest.ts";

/** @throws RangeError in one line for a value that is not allowed. */
type Form = (value: unknown, path: string) => void;

function wrong(path: string, what: string): never {
  throw new RangeError(`${path}: ${what}`);
}

/** The type of a value, without the value, which may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return `${Array.isArray(value) ? "a list" : `of type ${typeof value}`}`;
}

const being =
  (wanted: string, is: (value: unknown) => boolean): Form =>
  (value, path) => {
    if (!is(value)) wrong(path, `is ${kindOf(value)}; allowed: ${wanted}`);
  };

const text = being("a text", (value) => typeof value === "string");
const flag = being("true or false", (value) => typeof value === "boolean");
const functions = being("a function", (value) => typeof value === "function");
const anything: Form = () => {};

/** A function that only one side's bundle contains; in the other, the key is there without a value. */
const ofOneSide: Form = (value, path) => {
  if (value !== undefined) functions(value, path);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function object(required: Readonly<Record<string, Form>>, optional: Readonly<Record<string, Form>> = {}): Form {
  const forms = { ...required, ...optional };
  return (value, path) => {
    if (!isObject(value)) return wrong(path, `is ${kindOf(value)}; allowed: an object`);
    const inside = (key: string) => (path.endsWith(" ") ? `${path}${key}` : `${path}.${key}`);
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(forms, key)) wrong(inside(key), `unknown key; ${suggestion(key, Object.keys(forms))}`);
    }
    for (const [key, form] of Object.entries(forms)) {
      if (key in value && (value[key] !== undefined || Object.hasOwn(required, key))) form(value[key], inside(key));
      else if (Object.hasOwn(required, key)) wrong(inside(key), "is missing");
    }
  };
}

function named(form: Form): Form {
  return (value, path) => {
    if (!isObject(value)) return wrong(path, `is ${kindOf(value)}; allowed: an object`);
    for (const [name, one] of Object.entries(value)) form(one, `${path}.${name}`);
  };
}

/** A list; its items may have names for error messages. */
function list(form: Form): Form {
  return (value, path) => {
    if (!Array.isArray(value)) return wrong(path, `is ${kindOf(value)}; allowed: a list`);
    value.forEach((one, place) => {
      form(one, `${path}.${isObject(one) && typeof one["name"] === "string" ? one["name"] : place}`);
    });
  };
}

const texts: Form = (value, path) => (Array.isArray(value) ? list(text)(value, path) : text(value, path));

const variables = named((value, path) => {
  if (typeof value === "string") return;
  if (!isObject(value)) wrong(path, `is ${kindOf(value)}; allowed: a text, or { meaning, fallback, secret }`);
  object({ meaning: text }, { fallback: text, secret: flag })(value, path);
});

const profiles = named((value, path) => {
  list(being("hold(), ramp() and jump()", (step) => typeof step === "function"))(value, path);
  if ((value as readonly unknown[]).length === 0) wrong(path, "has no steps; allowed: hold(), ramp() and jump()");
});

/** Optional keys of pipelines and endpoints. */
const COMMON = { meaning: text, variables, profiles, nextSteps: named(text) };

/** Far ends, by their kind. */
const FAR_ENDS: Readonly<Record<string, readonly [required: Record<string, Form>, optional?: Record<string, Form>]>> = {
  subscription: [
    { open: ofOneSide },
    { connections: being("a whole number from 1", (given) => Number.isInteger(given) && Number(given) > 0) },
  ],
  request: [{}, { receive: ofOneSide }],
  rows: [{ rows: ofOneSide }],
  list: [{ list: ofOneSide }],
  stream: [{ consume: ofOneSide }],
  count: [{ count: ofOneSide }],
  reported: [{}],
};

const order: Form = (value, path) => {
  if (value === "none" || value === "per publisher") return;
  const allowed = 'allowed: "none", "per publisher", or { per: an attribute }';
  if (!isObject(value)) return wrong(path, `${typeof value === "string" ? value : `is ${kindOf(value)}`}: ${allowed}`);
  object({ per: text })(value, path);
};

const farEnd: Form = (value, path) => {
  const kind = isObject(value) ? value["kind"] : undefined;
  const kinds = Object.keys(FAR_ENDS);
  if (isObject(value) && !Object.hasOwn(FAR_ENDS, String(kind))) {
    wrong(
      `${path}.kind`,
      typeof kind === "string" ? `${kind}: ${suggestion(kind, kinds)}` : `allowed: ${kinds.join(", ")}`,
    );
  }
  const [required, optional] = FAR_ENDS[String(kind)] ?? [{}];
  object({ kind: text, paths: named(named(texts)), ...required }, { order, ...optional })(value, path);
};

const pipeline = object(
  {
    name: anything,
    events: object({ attributes: named(list(text)), write: functions }, { variants: list(named(text)) }),
    publish: ofOneSide,
    observe: farEnd,
  },
  { ...COMMON, damage: functions, explain: ofOneSide, objectives: named(texts) },
);

const isStatus = (value: unknown) => Number.isInteger(value) && Number(value) > 0;
const status = being("a status, or a list of them", (value) =>
  Array.isArray(value) ? value.length > 0 && value.every(isStatus) : isStatus(value),
);

const field = being(
  "a text, a number, true, false, null, a RegExp or a function; dots in its name lead into objects",
  (value) => value === null || value instanceof RegExp || /^(string|number|boolean|function)$/.test(typeof value),
);

const endpoint = object(
  { name: text, path: text },
  { method: text, headers: named(text), body: anything, status, fields: named(field), objective: texts },
);

const endpoints = object(
  { name: anything, address: functions, endpoints: list(endpoint) },
  { ...COMMON, headers: functions },
);

const FORMS = { pipeline, endpoints };

/**
 * Checks the form of a declaration.
 *
 * @throws RangeError in one line that names the key: `pipeline orders: observe.ordr: unknown key; did you mean order?`
 */
export function refuseForm(what: keyof typeof FORMS, declared: unknown): void {
  if (!isObject(declared)) wrong(what, `is ${kindOf(declared)}; allowed: an object`);
  FORMS[what](declared, `${what} ${String(declared["name"])}: `);
}
