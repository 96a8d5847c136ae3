//! The main chart, from the moment someone touches it.

use leptos::prelude::*;

/// Lays an interactive chart over the server's drawing on the first pointer, touch or focus.
///
/// An island, because a chart that answers pointer and keyboard cannot be HTML alone. It loads the bundle of the charts
/// (ECharts, 160 KB) only then, so that pages without a touch never pay for it, and computes nothing.
///
/// What to draw comes finished in attributes of its child `.chart-body`: `data-option` is the JSON of
/// `charts::timeseries_json`, `data-script` the address of the bundle, `data-label` the name for screen readers. Not as
/// props: those brought a JSON parser into the WebAssembly, which was 63 KB with it and is 41 KB without (brotli).
#[island]
pub fn TimeseriesChart(
    /// The server's drawing.
    children: Children,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        if let Some(place) = place.get() {
            wake_on_touch(&place);
        }
    });
    view! {
        <div class="chart-live" node_ref=place>
            {children()}
        </div>
    }
}

#[cfg(feature = "hydrate")]
pub use browser::wake_on_touch;

#[cfg(feature = "hydrate")]
mod browser {
    use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
    use web_sys::{Element, HtmlElement};

    #[wasm_bindgen]
    extern "C" {
        /// Of `public/charts.src.js`; throws if ECharts cannot draw the option.
        #[wasm_bindgen(catch, js_namespace = trackflowCharts, js_name = draw)]
        fn draw(element: &Element, option: &str) -> Result<JsValue, JsValue>;
    }

    /// What may be the first touch.
    const TOUCHES: [&str; 3] = ["pointerenter", "touchstart", "focusin"];

    /// Makes the chart in `place` answer from the first touch on: what the island does, and the gallery without one.
    pub fn wake_on_touch(place: &HtmlElement) {
        let Some(drawing) = place.query_selector(".chart-body").ok().flatten() else {
            return;
        };
        // Only a chart that can answer the keyboard is a stop of it.
        let label = drawing.get_attribute("data-label").unwrap_or_default();
        for (name, value) in [("tabindex", "0"), ("role", "group"), ("aria-label", &label)] {
            let _ = place.set_attribute(name, value);
        }
        let is_awake = std::cell::Cell::new(false);
        let chart = Chart {
            place: place.clone(),
            drawing,
        };
        let wake = Closure::<dyn Fn()>::new(move || {
            if !is_awake.replace(true) {
                chart.load();
            }
        });
        for touch in TOUCHES {
            let _ = place.add_event_listener_with_callback(touch, wake.as_ref().unchecked_ref());
        }
        // Lives as long as the page: islands are never taken away from it.
        wake.forget();
    }

    #[derive(Clone)]
    struct Chart {
        place: HtmlElement,
        drawing: Element,
    }

    impl Chart {
        /// Draws once the bundle is there. If it cannot be loaded, the server's drawing simply stays.
        fn load(&self) {
            let document = web_sys::window().and_then(|window| window.document());
            let address = self.drawing.get_attribute("data-script");
            let (Some(document), Some(address)) = (document, address) else {
                return;
            };
            // Once a page: a second run would give the shapes of two charts the same ids.
            let loading = document
                .query_selector("script[data-charts]")
                .ok()
                .flatten();
            let script = match loading {
                Some(script) if script.has_attribute("data-loaded") => return self.show(),
                Some(script) => script,
                None => {
                    let Ok(script) = document.create_element("script") else {
                        return;
                    };
                    let _ = script.set_attribute("data-charts", "");
                    let _ = script.set_attribute("src", &address);
                    if let Some(head) = document.head() {
                        let _ = head.append_child(&script);
                    }
                    script
                }
            };
            let (chart, loaded) = (self.clone(), script.clone());
            let show = Closure::once_into_js(move || {
                let _ = loaded.set_attribute("data-loaded", "");
                chart.show();
            });
            let _ = script.add_event_listener_with_callback("load", show.unchecked_ref());
        }

        /// Draws, then hides the server's drawing, which keeps the box's size.
        fn show(&self) {
            let option = self
                .drawing
                .get_attribute("data-option")
                .unwrap_or_default();
            if draw(&self.place, &option).is_ok() {
                let drawing: &HtmlElement = self.drawing.unchecked_ref();
                let _ = drawing.style().set_property("visibility", "hidden");
            }
        }
    }
}
