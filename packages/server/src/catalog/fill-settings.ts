/** `{name}` in a text of a manifest is a setting of `requires.settings`; one that is not set stays as it is. Pure. */
export function fillSettings(text: string, settings: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{([A-Za-z0-9]+)\}/g, (whole, name: string) => settings[name] ?? whole);
}
