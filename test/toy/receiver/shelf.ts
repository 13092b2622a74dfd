/** A far end of a kind of its own: toys are put on a shelf, which has room for so many. */
import type { FastifyRequest } from "fastify";
import * as v from "valibot";
import { type Identity, identitiesIn } from "../../../core/identity.ts";
import { CANARY_PUBLISHER } from "../../../core/trace.ts";
import type { FarEndKind, ObservedRun } from "../../../receiver/kind.ts";
import { ObservedPath } from "../../../receiver/observedpath.ts";
import type { Observer, ObserverContext } from "../../../receiver/observer.ts";

const ShelfSchema = v.object({ room: v.number() });
type Room = v.InferOutput<typeof ShelfSchema>;

/** The shelf of one run. */
class Shelf implements Observer {
  readonly order = "none";
  readonly paths: readonly [ObservedPath];
  private readonly observed: ObserverContext;
  private readonly room: number;
  private toys = 0;

  constructor({ room }: Room, run: ObservedRun, observed: ObserverContext) {
    this.paths = [new ObservedPath("shelf", {}, run, "none")];
    this.room = room;
    this.observed = observed;
  }

  put(toy: Identity): void {
    const now = this.observed.now();
    const entry = this.paths[0].enter(toy, now, now, this.observed.deliveries);
    if (toy.publisher === CANARY_PUBLISHER) return;
    this.toys++;
    this.observed.arrived(1, entry === "first" ? 1 : 0);
  }

  account() {
    return {};
  }

  causes() {
    return [`${this.toys} toys stand on a shelf for ${this.room}`];
  }
}

export const shelf: FarEndKind<{ readonly room: number }, Room> = {
  opening: ShelfSchema,
  workload: ({ room }) => ({ "room on the shelf": room }),
  addFlags: (program) => void program.option("--shelf <toys>", "how many toys the longest shelf has room for", "0"),
  readFlags: (flags) => ({ room: Number((flags as { readonly shelf: string }).shelf) }),
  open: ({ room } = { room: 0 }, { runs, now }) => ({
    refusalOf: (asked) => (asked.room > room ? `no shelf has room for ${asked.room} toys` : null),
    observe: (part, run, observed) => new Shelf(part, run, observed),
    async routes(app) {
      app.post("/shelf", (request: FastifyRequest) => {
        const text = JSON.stringify(request.body);
        for (const run of runs.all()) {
          const found = identitiesIn(text, { runs: [run.number], at: now() }).identities;
          for (const toy of found) if (toy.run === run.number) run.observer(Shelf)?.put(toy);
        }
        return { status: "put" };
      });
    },
  }),
};
