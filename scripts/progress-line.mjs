/**
 * One line per step of a long command, with seconds; never a silent minute.
 * On a terminal the line is rewritten each second; elsewhere a line is printed at the start, every ten seconds, and at the end.
 * Plain JavaScript, because the bootstrap uses it before anything is installed.
 */
const REDRAW_MS = 1_000;
const HEARTBEAT_MS = 10_000;
/** Back to the start of the line, and empty it. */
const CLEAR = '\r\u001B[2K';

/** A line is drawn only for a step that lasts longer, so that a run with nothing to do stays silent where `quietMs` is given. */
export function startStep(title, { stream = process.stderr, quietMs = 0 } = {}) {
  const startedAt = Date.now();
  const live = stream.isTTY === true;
  const step = { note: '', timers: [], shown: false };
  const draw = () => drawLine(stream, live, `${title}${step.note && `: ${step.note}`} (${seconds(startedAt)})`);
  const begin = () => {
    step.shown = true;
    if (live) draw();
    else drawLine(stream, live, `${title} ...`);
    step.timers.push(setInterval(draw, live ? REDRAW_MS : HEARTBEAT_MS));
  };
  if (quietMs > 0) step.timers.push(setTimeout(begin, quietMs));
  else begin();
  return {
    note(text) {
      step.note = text;
      if (live && step.shown) draw();
    },
    end(result = 'done') {
      finish(result, true);
    },
    fail(result = 'failed') {
      finish(result, false);
    },
    elapsedMs: () => Date.now() - startedAt,
  };

  function finish(result, good) {
    for (const timer of step.timers) clearTimeout(timer);
    if (good && !step.shown && quietMs > 0) return;
    stream.write(`${live ? CLEAR : ''}${title}: ${result} (${seconds(startedAt)})\n`);
  }
}

function drawLine(stream, live, text) {
  if (!live) return void stream.write(`${text}\n`);
  const width = stream.columns ?? 80;
  stream.write(`${CLEAR}${text.length >= width ? `${text.slice(0, width - 2)}~` : text}`);
}

function seconds(startedAt) {
  return `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;
}
