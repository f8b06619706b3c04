//! Forms as somebody fills them in

use vestibule_testkit::{Browser, Shown};

/// The form of a page, with what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Typed(Vec<(String, String)>);

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(text(rest.split('"').next().unwrap()))
}

/// A text as it is without escapes.
fn text(html: &str) -> String {
    let escapes = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    escapes.iter().fold(html.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

impl Typed {
    /// The form in the content of a page.
    pub(crate) fn of(page: &Shown) -> Self {
        let (_, content) = page.html.split_once("<main").unwrap();
        let found = content.split_once("<form ");
        assert!(found.is_some(), "a form: {}", page.html);
        let form = found.unwrap().1.split("</form>").next().unwrap();
        let mut fields = Vec::new();
        for tag in form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            if !tag.contains("checkbox") || tag.contains(" checked") {
                fields.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap_or_default()));
            }
        }
        for select in form.split("<select").skip(1).map(|rest| rest.split("</select>").next().unwrap()) {
            let mut options = select.split("<option").skip(1);
            let chosen =
                options.clone().find(|option| option.split('>').next().unwrap().contains(" selected"));
            let value = attribute(chosen.or_else(|| options.next()).unwrap(), "value").unwrap();
            fields.push((attribute(select, "name").unwrap(), value));
        }
        for area in form.split("<textarea").skip(1).map(|rest| rest.split("</textarea>").next().unwrap()) {
            let (tag, value) = area.split_once('>').unwrap();
            let value = text(value.strip_prefix('\n').unwrap());
            fields.push((attribute(tag, "name").unwrap(), value));
        }
        Self(fields)
    }

    /// The same with this in a field.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// What a field holds.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Sends it to this path.
    pub(crate) async fn send(&self, browser: &Browser, path: &str) -> Shown {
        let fields: Vec<_> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post(path, &fields).await
    }
}

/// Fills in the form of a page, and sends it.
pub(crate) async fn fill(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Shown {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.html);
    let typed = fields.iter().fold(Typed::of(&page), |typed, (name, value)| typed.with(name, value));
    typed.send(browser, path).await
}
