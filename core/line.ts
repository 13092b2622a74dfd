/** Linear regression by least squares, in constant memory. */
export class Line {
  count = 0;
  private x = 0;
  private y = 0;
  private xx = 0;
  private xy = 0;

  enter(x: number, y: number): void {
    this.count++;
    this.x += x;
    this.y += y;
    this.xx += x * x;
    this.xy += x * y;
  }

  /** The slope; null while all points have the same x. */
  slope(): number | null {
    const spread = this.count * this.xx - this.x * this.x;
    return spread <= 1e-9 ? null : (this.count * this.xy - this.x * this.y) / spread;
  }
}
