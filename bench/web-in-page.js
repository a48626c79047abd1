/** What `web.bench.ts` measures inside the page: plain JavaScript that the browser loads before the page's own. */
globalThis.omtxBench = {
  /** Milliseconds of each frame while the table scrolls by 40 rows a frame. */
  async scroll(count) {
    const grid = document.querySelector('[role="grid"]');
    const frames = [];
    let before = performance.now();
    for (let frame = 0; frame < count; frame++) {
      grid.scrollTop += 40 * 48;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      if (frame > 5) frames.push(Math.round((now - before) * 10) / 10);
      before = now;
    }
    return frames;
  },

  firstRow: () => document.querySelector('[role="row"][aria-rowindex="2"]')?.textContent ?? '',

  /** From a click on the header of the score until another row is first and painted. */
  async sort() {
    const grid = document.querySelector('[role="grid"]');
    grid.scrollTo(0, 0);
    const before = this.firstRow();
    const button = [...document.querySelectorAll('[role="columnheader"] button')].find((each) => /score/i.test(each.textContent));
    const startedAt = performance.now();
    button.click();
    return this.until(startedAt, () => this.firstRow().includes('ligand') && this.firstRow() !== before);
  },

  /** From another address of the same batch until its first row is painted. */
  async go(address) {
    const before = document.querySelector('[role="grid"]').getAttribute('aria-rowcount');
    const startedAt = performance.now();
    history.pushState({}, '', address);
    dispatchEvent(new PopStateEvent('popstate'));
    return this.until(startedAt, () => {
      const count = document.querySelector('[role="grid"]')?.getAttribute('aria-rowcount');
      return count !== undefined && count !== before && this.firstRow().includes('ligand');
    });
  },

  async until(startedAt, holds) {
    for (;;) {
      await new Promise(requestAnimationFrame);
      if (holds()) return performance.now() - startedAt;
      if (performance.now() - startedAt > 30_000) throw new Error('nothing new was painted in 30 s');
    }
  },
};
