/** What the first virtual user needs, and no other: see lead.ts. */

export { describeAstray, describeRefusal } from "../../core/misdirection.ts";
export { describeThrown } from "../../core/thrown.ts";
export { describeUnjoined } from "../../core/unjoined.ts";
export { FAMILIES } from "../../systems/metrics.ts";
export { defineTestsOf, defineVisitsOf } from "../../systems/own.ts";
export { enterAccount } from "./account.ts";
export { awaitCanaries } from "./canary.ts";
export { certificatesOf } from "./certificates.ts";
export { endRun } from "./ending.ts";
export { entranceOf } from "./entrance.ts";
export { optionsOf } from "./options.ts";
export { settings } from "./settings.ts";
export { summaryOf } from "./summary.ts";
