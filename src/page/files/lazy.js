/** What is made only when it comes into sight. */
import { html, useEffect, useRef, useState } from './vendor/preact.js';

/** So far outside of the window it is made already. */
const margin = '150px';

/**
 * @param height of what will stand here, in pixels, so that nothing moves when it comes
 * @param children a function that makes it
 */
export function Lazy({ height, children }) {
  const place = useRef();
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (isNear) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true);
      },
      { rootMargin: margin },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [isNear]);
  if (isNear) return children();
  return html`<div ref=${place}>
    <svg class="placeholder" width="1" height=${height} aria-hidden="true"></svg>
  </div>`;
}
