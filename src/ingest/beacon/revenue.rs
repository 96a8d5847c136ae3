//! What an event was worth.

use serde_json::Value;

/// The active currencies of ISO 4217 (without funds, metals and testing codes), ascending.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG \
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK \
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD \
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND \
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG BGN";

/// The largest amount that is believed, either way. Ours: a sum of a million of them is still exact to the cent.
const AMOUNT_LIMIT: f64 = 1e9;

/// An amount of money.
#[derive(Clone, Debug, PartialEq)]
pub struct Revenue {
    /// In units of the currency; finite, negative for a refund.
    pub amount: f64,
    /// ISO 4217 code, upper case.
    pub currency: String,
}

impl Revenue {
    /// Reads `{"amount": 12.5, "currency": "EUR"}`, or text that holds it; the amount may be text too. Everything else
    /// is no revenue: the event counts without.
    pub(super) fn read(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::String(text) => Self::from_object(&serde_json::from_str(text).ok()?),
            value => Self::from_object(value),
        }
    }

    fn from_object(object: &Value) -> Option<Self> {
        let amount = match object.get("amount")? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        let currency = object
            .get("currency")?
            .as_str()?
            .trim()
            .to_ascii_uppercase();
        let is_known = CURRENCIES.split(' ').any(|code| code == currency);
        (is_known && amount.is_finite() && amount.abs() <= AMOUNT_LIMIT)
            .then_some(Self { amount, currency })
    }
}
