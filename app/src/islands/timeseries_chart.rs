//! The main chart, from the moment someone touches it.

use leptos::prelude::*;

/// Lays an interactive chart over the server's drawing on the first pointer, touch or focus.
///
/// An island, because a chart that answers pointer and keyboard cannot be HTML alone. It loads the bundle of the charts
/// (ECharts, 160 KB) only then, so that pages without a touch never pay for it, and computes nothing: `option` comes
/// finished from `charts::timeseries_json`.
#[island]
pub fn TimeseriesChart(
    /// The option as JSON.
    option: String,
    /// Address of the charts' bundle.
    script: String,
    /// Name of the chart for screen readers.
    label: String,
    /// The server's drawing.
    children: Children,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    browser::wake_on_touch(place, option, script, label);
    #[cfg(not(feature = "hydrate"))]
    let _ = (option, script, label);
    view! {
        <div class="chart-live" node_ref=place>
            {children()}
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{html::Div, prelude::*};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
    use web_sys::{Element, HtmlElement, HtmlScriptElement};

    #[wasm_bindgen]
    extern "C" {
        /// Of `public/charts.src.js`; throws if ECharts cannot draw the option.
        #[wasm_bindgen(catch, js_namespace = trackflowCharts, js_name = draw)]
        fn draw(element: &Element, option: &str) -> Result<JsValue, JsValue>;
    }

    /// What may be the first touch.
    const TOUCHES: [&str; 3] = ["pointerenter", "touchstart", "focusin"];

    pub(super) fn wake_on_touch(
        place: NodeRef<Div>,
        option: String,
        script: String,
        label: String,
    ) {
        Effect::new(move || {
            let Some(element) = place.get() else { return };
            let element: HtmlElement = element.unchecked_into();
            // Only a chart that can answer the keyboard is a stop of it.
            for (name, value) in [("tabindex", "0"), ("role", "group"), ("aria-label", &label)] {
                let _ = element.set_attribute(name, value);
            }
            let is_awake = std::cell::Cell::new(false);
            let (place, option, script) = (element.clone(), option.clone(), script.clone());
            let wake = Closure::<dyn Fn()>::new(move || {
                if !is_awake.replace(true) {
                    load_and_draw(&place, &option, &script);
                }
            });
            for touch in TOUCHES {
                let _ =
                    element.add_event_listener_with_callback(touch, wake.as_ref().unchecked_ref());
            }
            // Lives as long as the page: islands are never taken away from it.
            wake.forget();
        });
    }

    /// Draws once the bundle is there. If it cannot be loaded, the server's drawing simply stays.
    fn load_and_draw(place: &HtmlElement, option: &str, script: &str) {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else {
            return;
        };
        let selector = format!("script[src=\"{script}\"]");
        if let Ok(Some(loaded)) = document.query_selector(&selector) {
            if loaded.has_attribute("data-loaded") {
                show(place, option);
            } else {
                on_load(&loaded, place, option);
            }
            return;
        }
        let Ok(element) = document.create_element("script") else {
            return;
        };
        let element: HtmlScriptElement = element.unchecked_into();
        element.set_src(script);
        on_load(&element, place, option);
        if let Some(head) = document.head() {
            let _ = head.append_child(&element);
        }
    }

    fn on_load(script: &Element, place: &HtmlElement, option: &str) {
        let (loaded, place, option) = (script.clone(), place.clone(), option.to_owned());
        let show = Closure::once_into_js(move || {
            let _ = loaded.set_attribute("data-loaded", "");
            show(&place, &option);
        });
        let _ = script.add_event_listener_with_callback("load", show.unchecked_ref());
    }

    /// Draws, then hides the server's drawing, which keeps the box's size.
    fn show(place: &HtmlElement, option: &str) {
        let drawing = place.query_selector(".chart-body").ok().flatten();
        if draw(place, option).is_ok()
            && let Some(drawing) = drawing
        {
            let drawing: HtmlElement = drawing.unchecked_into();
            let _ = drawing.style().set_property("visibility", "hidden");
        }
    }
}
