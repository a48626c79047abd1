// Before the first paint, so that no light page flashes in the dark. The page's settings write these keys.
try {
  const theme = localStorage.getItem('omtx.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  if (localStorage.getItem('omtx.density') === 'compact') document.documentElement.dataset.density = 'compact';
} catch {
  // Storage is blocked: the system's theme stands.
}
