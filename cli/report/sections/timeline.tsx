import { several } from "../../../core/numbers.ts";
import type { Timeline } from "../charts.ts";
import { describeTimeline } from "../timeline.ts";
import { Chart, Section } from "./parts.tsx";

/** The run second by second. */
export function TimelineSection({ timeline }: { timeline: Timeline | null }) {
  if (timeline === null) {
    return (
      <Section id="timeline" title="Timeline">
        <p>No timeline was recorded: no receiver saw a load.</p>
      </Section>
    );
  }
  const { step, marks } = timeline;
  const note =
    step === 1
      ? "One point per second."
      : `One point per ${several(step, "second")}: mean rates, and the worst second's latency and backlog.`;
  return (
    <Section id="timeline" title="Timeline">
      <Chart id="timeline" title="Rate, latency and backlog" note={note} description={describeTimeline(timeline)} />
      {marks.length === 0 ? null : (
        <ul class="marks" aria-label="What happened when">
          {marks.map(({ at, what }) => (
            <li key={at}>
              <strong>{at.toFixed(1)} s</strong> {what}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
