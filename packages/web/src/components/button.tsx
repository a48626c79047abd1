import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { cx } from './class-names.ts';
import { Icon, type IconName } from './icons.tsx';

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger';

const KINDS: Readonly<Record<ButtonKind, string>> = {
  primary:
    'bg-accent text-accent-ink border-accent hover:bg-accent-hover font-medium disabled:bg-surface-3 disabled:text-ink-3 disabled:border-line',
  plain: 'bg-surface-0 text-ink-1 border-line hover:bg-surface-2 disabled:text-ink-3',
  quiet: 'border-transparent text-ink-2 hover:bg-surface-2 hover:text-ink-1 disabled:text-ink-3',
  danger: 'bg-surface-0 text-bad border-line hover:bg-surface-2',
};

const BASE =
  'inline-flex items-center justify-center gap-1.5 rounded-md border px-2.5 py-1 text-sm whitespace-nowrap select-none disabled:cursor-not-allowed min-h-7';

/** The same look for a link that acts as a button. */
export function buttonClass(kind: ButtonKind, further?: string): string {
  return cx(BASE, KINDS[kind], further);
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  readonly children?: ReactNode;
}

export function Button({ kind = 'plain', icon, className, children, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={cx(BASE, KINDS[kind], className)} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** An icon alone; its label is what a screen reader and the tooltip say. */
export function IconButton({
  label,
  icon,
  className,
  ...rest
}: Omit<ButtonProps, 'children' | 'icon'> & { readonly label: string; readonly icon: IconName }) {
  return <Button kind="quiet" icon={icon} aria-label={label} title={label} className={cx('px-1.5', className)} {...rest} />;
}
