/** What samples prove about a share, at 95 %: the exact one-sided bounds of Clopper and Pearson. */

const RISK = 0.05;
/** After this many bisections a double does not change any more. */
const STEPS = 60;

/** The number of samples, all of them good, that proves a share of bad ones below this: about 3 / share. */
export function samplesToProve(share: number): number {
  return share <= 0 || share >= 1 ? 1 : Math.ceil(Math.log(RISK) / Math.log1p(-share));
}

/** The largest share that is compatible with so many hits among so many samples; 1 without samples. */
export function largestShare(hits: number, samples: number): number {
  if (samples <= 0 || hits >= samples) return 1;
  let [low, high] = [hits / samples, 1];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (atMost(hits, samples, middle) > RISK) low = middle;
    else high = middle;
  }
  return high;
}

/** The smallest share that is compatible with so many hits among so many samples; 0 without samples. */
export function smallestShare(hits: number, samples: number): number {
  return samples <= 0 ? 0 : 1 - largestShare(samples - hits, samples);
}

/** The probability of at most so many hits: the binomial distribution, summed from its largest term down. */
function atMost(hits: number, samples: number, share: number): number {
  if (share <= 0) return 1;
  if (share >= 1) return hits >= samples ? 1 : 0;
  const odds = (1 - share) / share;
  let term = 1;
  let sum = 1;
  for (let one = hits; one > 0 && term > sum * Number.EPSILON; one--) {
    term *= (one / (samples - one + 1)) * odds;
    sum += term;
  }
  return Math.exp(
    Math.log(sum) + logChoose(samples, hits) + hits * Math.log(share) + (samples - hits) * Math.log1p(-share),
  );
}

function logChoose(all: number, some: number): number {
  return logFactorial(all) - logFactorial(some) - logFactorial(all - some);
}

/** Stirling's series, exact to twelve digits from ten on. */
function logFactorial(number: number): number {
  let shift = 0;
  let x = number + 1;
  for (; x < 10; x++) shift -= Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7);
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
