import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes } from 'react';
import { buttonClass, type ButtonKind } from './button.tsx';

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly kind?: ButtonKind;
}

/** A link to a page that looks like a button. */
export const LinkButton = createLink(({ kind = 'plain', className, ...rest }: Props) => (
  <a className={buttonClass(kind, className)} {...rest} />
));
