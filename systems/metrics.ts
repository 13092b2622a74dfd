/** Every metric of the suite by its family: those that are everybody's, and those of each system. */

import type { Metric } from "../core/metric.ts";
import { GENERAL_FAMILIES } from "../core/metrics.ts";
import type { Intersection } from "../core/room.ts";
import { ROOMS } from "./rooms.ts";

type OfRooms = Intersection<(typeof ROOMS)[number]["metrics"]>;
type Families = typeof GENERAL_FAMILIES & OfRooms;

export const FAMILIES = Object.assign({}, GENERAL_FAMILIES, ...ROOMS.map(({ metrics }) => metrics)) as Families;

export type Family = keyof Families;
type Names<F extends Family> = F extends Family ? keyof Families[F] & string : never;
export type MetricName = Names<Family>;

/** The whole list, by metric name. */
export const METRICS = Object.assign({}, ...Object.values(FAMILIES)) as Readonly<Record<MetricName, Metric>>;
