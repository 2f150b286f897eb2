// What a visitor sees: every visible text with its contrast (WCAG 2.2, relative luminance), every
// name of a control, what only a mouse can press, what sticks out of the window. Evaluates to an object.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = (top, below) => {
    const a = top[3] + below[3] * (1 - top[3]);
    const mix = (i) => (a ? (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / a : 0);
    return [mix(0), mix(1), mix(2), a];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    let found = [0, 0, 0, 0];
    // the value of a slider stands above its thumb, not on it
    const from = element.closest("[data-testid=stSliderThumbValue]")?.closest("[data-testid=stSlider]");
    for (let at = from ?? element; at && found[3] < 0.999; at = at.parentElement ?? at.getRootNode().host) {
      found = over(found, rgba(getComputedStyle(at).backgroundColor));
    }
    return over(found, [255, 255, 255, 1]);
  };
  const isVisible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const isOff = (element) => element.closest(":disabled, [aria-disabled=true], [disabled]");

  // what a mouse is invited to press and the keyboard cannot reach (WCAG 2.1.1)
  const canFocus = (element) => element.tabIndex >= 0 && !isOff(element) && !element.matches("a:not([href])");
  const reaches = (element) => {
    for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
      if (canFocus(at) || (at.control && canFocus(at.control))) return true;
      // of radio buttons and tabs the arrow keys reach all but the one that the tab key does
      if (["radio", "tab"].includes(at.role)) return true;
    }
    return element.querySelector("a[href], button, input, select, textarea, [tabindex='0']");
  };
  const mouseOnly = [];
  const texts = [];
  const dim = [];
  const roots = [document.querySelector(".stApp")];
  while (roots.length) {
    const root = roots.pop();
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.shadowRoot) roots.push(node.shadowRoot);
      if (node.nodeType === Node.ELEMENT_NODE && isVisible(node) && !isOff(node)
        && getComputedStyle(node).cursor === "pointer" && !reaches(node)) {
        mouseOnly.push(node.outerHTML.slice(0, 160));
      }
      if (node.nodeType !== Node.TEXT_NODE) continue;
      const text = node.data.trim();
      const element = node.parentElement;
      if (!text || !element || ["STYLE", "SCRIPT"].includes(element.tagName)) continue;
      const box = element.getBoundingClientRect();
      if (!isVisible(element) || box.width < 2 || box.height < 2) continue;
      if (element.closest(".st-key-unseen, [data-testid=stIconMaterial], .katex-mathml")) continue;
      if (!element.closest(".katex")) texts.push(text); // a formula is in no language
      if (isOff(element)) continue; // WCAG 1.4.3 leaves controls out that cannot be used
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight, 10) >= 700);
      const ground = behind(element);
      const ink = element instanceof SVGElement ? style.fill : style.color;
      const contrast = ratio(over(rgba(ink), ground), ground);
      if (contrast < (isLarge ? 3 : 4.5)) {
        dim.push(`${contrast.toFixed(2)} "${text.slice(0, 40)}" ${ink} on ${ground.map(Math.round)}`
          + ` in ${(element.closest("[data-testid]") ?? element).outerHTML.slice(0, 160)}`);
      }
    }
  }

  const names = [];
  for (const element of document.querySelectorAll(".stApp *")) {
    for (const name of ["aria-label", "placeholder", "title", "alt"]) {
      if (isVisible(element) && element.getAttribute(name)) names.push(element.getAttribute(name));
    }
  }
  const nameless = [...document.querySelectorAll(".stApp button, .stApp a, .stApp input, .stApp select")]
    .filter(isVisible)
    .filter((one) => !(one.innerText || one.ariaLabel || one.labels?.length
      || one.getAttribute("aria-labelledby") || one.title))
    .map((one) => one.outerHTML.slice(0, 120));
  const wide = [...document.querySelectorAll(".stMain *")]
    .filter((one) => isVisible(one) && one.getBoundingClientRect().right > window.innerWidth + 1)
    .filter((one) => !one.closest(".lab-scroll, pre, [data-testid=stCode], [data-testid=stDataFrame]"))
    .map((one) => `${one.tagName}.${one.className}`.slice(0, 80));
  const scrolls = document.querySelector(".stMain")?.scrollWidth > window.innerWidth + 1;
  return { texts, names, dim, nameless, mouseOnly, wide: scrolls ? wide.slice(0, 5) : [] };
}
