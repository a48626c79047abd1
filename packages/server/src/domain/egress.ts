/** Where requests of models may go: the hosts that the operator has named, and no other. Pure. */

/** `host`, `host:port`, or `*.domain`, which means every host below it. Lower case. */
const ENTRY = /^(\*\.)?(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/;

export function isEgressEntry(text: string): boolean {
  return ENTRY.test(text);
}

/** Without a port an entry means the port that goes with the scheme. */
export function isEgressAllowed(entries: readonly string[], url: URL): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  return entries.some((entry) => {
    const [, wildcard, name = '', port = ''] = /^(\*\.)?(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(entry) ?? [];
    // `url.port` is empty for the port of the scheme.
    const isPort = port === '' ? url.port === '' : portOf(url) === port.slice(1);
    return isPort && (wildcard === undefined ? url.hostname === name : url.hostname.endsWith(`.${name}`));
  });
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port;
  return protocol === 'https:' ? '443' : '80';
}

/** What an operator adds to allow it. */
export function egressEntryOf(url: URL): string {
  return url.host;
}
