/**
 * What it takes to offer so many events a second and to hold so many sockets: arithmetic on what one
 * instance was measured to do. docs/distributed.md shows it; a test holds the page against this file.
 */

/** What one instance was measured to do; where, and by which measurement, docs/distributed.md says. */
export interface InstanceCapacity {
  /** Acknowledged events per second of one k6 process. */
  readonly natsPerSecond: number;
  readonly redisPerSecond: number;
  /** Bytes of one event as it is published, without the protocol round it. */
  readonly natsBytes: number;
  readonly redisBytes: number;
  /** Sockets of one k6 process, and its memory with them. */
  readonly sockets: number;
  readonly socketsMegabytes: number;
  /** Deliveries per second that one subscriber accounts for while it keeps up with its socket. */
  readonly deliveriesPerSecond: number;
  /** Of one receiver: signed webhooks per second, deliveries per second in reports, memory of a subscription. */
  readonly webhooksPerSecond: number;
  readonly reportedPerSecond: number;
  readonly subscriptionKilobytes: number;
}

export const MEASURED: InstanceCapacity = {
  natsPerSecond: 182_469,
  redisPerSecond: 370_437,
  natsBytes: 708,
  redisBytes: 567,
  sockets: 10_000,
  socketsMegabytes: 620,
  deliveriesPerSecond: 60_000,
  webhooksPerSecond: 29_543,
  reportedPerSecond: 418_732,
  subscriptionKilobytes: 9.2,
};

/** What is asked for. */
export interface Goal {
  readonly eventsPerSecond: number;
  readonly sockets: number;
  readonly deliveriesPerSecond: number;
}

/** The share of its measured best that an instance is planned with: a generator at its limit measures itself. */
export const PLANNED_SHARE = 0.6;

/** One part of a fleet. */
export interface Need {
  readonly part: string;
  /** What one instance is planned with, in words. */
  readonly each: string;
  readonly instances: number;
  /** What all of them take together, in words. */
  readonly total: string;
}

/** The fleet for a goal. */
export function capacity(goal: Goal, figures: InstanceCapacity = MEASURED): readonly Need[] {
  const planned = (most: number) => Math.floor(most * PLANNED_SHARE);
  const publishers = (program: string, perSecond: number, bytes: number): Need => ({
    part: `publishers, ${program}`,
    each: `${whole(planned(perSecond))} events/s`,
    instances: Math.ceil(goal.eventsPerSecond / planned(perSecond)),
    total: `${gigabits(goal.eventsPerSecond * bytes)} Gbit/s of events`,
  });
  const holders = Math.ceil(goal.sockets / figures.sockets);
  const listeners = Math.ceil(goal.deliveriesPerSecond / planned(figures.deliveriesPerSecond));
  return [
    publishers("nats.js", figures.natsPerSecond, figures.natsBytes),
    publishers("redis.js, RATE=max", figures.redisPerSecond, figures.redisBytes),
    {
      part: "subscribers, sockets.js",
      each: `${whole(figures.sockets)} sockets, ${whole(Math.ceil(goal.deliveriesPerSecond / Math.max(holders, listeners)))} deliveries/s`,
      instances: Math.max(holders, listeners),
      total: `${whole((Math.max(holders, listeners) * figures.socketsMegabytes) / 1024)} GB of memory`,
    },
    {
      part: "receivers of webhooks",
      each: `${whole(planned(figures.webhooksPerSecond))} webhooks/s`,
      instances: Math.ceil(goal.deliveriesPerSecond / planned(figures.webhooksPerSecond)),
      total: "one more that settles what they take",
    },
    {
      part: "receivers of subscribers' reports",
      each: `${whole(planned(figures.reportedPerSecond))} deliveries/s`,
      instances: Math.ceil(goal.deliveriesPerSecond / planned(figures.reportedPerSecond)),
      total: `${((goal.sockets * figures.subscriptionKilobytes) / 1024 / 1024).toFixed(1)} GB of memory`,
    },
  ];
}

/** The fleet as a Markdown table. */
export function renderCapacity(needs: readonly Need[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const rows = needs.map(({ part, each, instances, total }) => [part, each, instances, total]);
  return [
    line(["part", "planned for each", "instances", "all together"]),
    line(["---", "---", "---", "---"]),
    ...rows.map(line),
  ].join("\n");
}

function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}

function gigabits(bytes: number): string {
  return ((bytes * 8) / 1e9).toFixed(1);
}
