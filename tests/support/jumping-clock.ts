/** Preloaded (`node --import`) into a worker host: at SIGUSR2 its time of day jumps two hours ahead, and at the next one back again. */
const JUMP_MS = 2 * 3_600_000;
const RealDate = Date;
let offsetMs = 0;

class JumpingDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...(args as [number]));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

globalThis.Date = JumpingDate as DateConstructor;
process.on('SIGUSR2', () => {
  offsetMs = offsetMs === 0 ? JUMP_MS : 0;
});
