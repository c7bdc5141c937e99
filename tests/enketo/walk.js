// Opens a form in Enketo and lets a test go through it as a person does: read the page, answer, press Next.
import { Form } from 'enketo-core';
import { transform } from 'enketo-transformer/web';

let form;
let moving; // the promise behind the last press of Next

const CONTROLS = 'input[name], input[data-name], select[name], textarea[name]';

function visible(element) {
    return element.offsetParent !== null && element.getClientRects().length > 0;
}

/** What an element says; Enketo makes a break of a line that ends in the workbook. */
function text(element) {
    const copy = element?.cloneNode(true);
    copy?.querySelectorAll('br').forEach((end) => end.replaceWith(' '));
    return (copy?.textContent ?? '').replace(/\s+/g, ' ').trim();
}

/** The media of a form as Enketo wants them: a table as XML, an item a row. */
function asXml(columns, rows) {
    const made = document.implementation.createDocument(null, 'root');
    for (const row of rows) {
        const item = made.createElement('item');
        columns.forEach((column, index) => {
            const cell = made.createElement(column);
            cell.textContent = row[index] ?? '';
            item.append(cell);
        });
        made.documentElement.append(item);
    }
    return made;
}

/** `tables` is {instance id: {columns, rows}}; returns what Enketo complains about, and the form's languages. */
async function open({ xform, tables, language }) {
    const made = await transform({ xform, theme: 'formhub', media: {}, markdown: true });
    const fragment = document.createRange().createContextualFragment(made.form);
    const element = fragment.querySelector('form.or');
    document.querySelector('#form-holder').replaceWith(element); // Enketo looks for the buttons beside the form
    const external = Object.entries(tables).map(([id, { columns, rows }]) => ({ id, xml: asXml(columns, rows) }));
    const data = { modelStr: made.model, instanceStr: null, external, submitted: false };
    // Enketo knows a language by its code ("en"), the form by its name ("English (en)").
    form = new Form(element, data, { language: made.languageMap?.[language] || language });
    const complaints = form.init();
    const pages = form.pages;
    const flip = pages._next;
    pages._next = function next() {
        moving = flip.call(this);
        return moving;
    };
    await settled();
    return { complaints, languages: form.languages, language: form.currentLanguage, paged: pages.active };
}

async function settled() {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

function root() {
    return form.pages.active ? form.pages.current : form.view.html;
}

/** The questions and notes that can be seen now, in order. */
function onScreen() {
    const page = root();
    const all = page.matches('.question') ? [page] : [...page.querySelectorAll('.question')];
    return all.filter((question) => !question.closest('.disabled') && visible(question));
}

function controls(question) {
    return [...question.querySelectorAll(CONTROLS)].filter((control) => !control.closest('.or-repeat-info'));
}

function pathOf(question) {
    const [control] = controls(question);
    return control?.dataset.name || control?.getAttribute('name') || '';
}

function choicesOf(question) {
    const select = question.querySelector('select');
    if (select) {
        return [...select.options].filter((option) => option.value).map((option) => [option.value, text(option)]);
    }
    return [...question.querySelectorAll('.option-wrapper label, label.option')].filter(visible).flatMap((label) => {
        const input = label.querySelector('input');
        return input?.value ? [[input.value, text(label.querySelector('.option-label.active'))]] : [];
    });
}

function messagesOf(question) {
    const kinds = { required: '.or-required-msg.active', constraint: '.or-constraint-msg.active' };
    return Object.entries(kinds).flatMap(([kind, selector]) =>
        [...question.querySelectorAll(selector)].filter(visible).map((message) => [kind, text(message)])
    );
}

function labelOf(question) {
    return [...question.querySelectorAll('.question-label.active')].filter(visible).map(text).join(' ');
}

/** What a person sees on this page. */
function here() {
    const questions = onScreen().map((question) => ({
        path: pathOf(question),
        label: labelOf(question),
        hint: [...question.querySelectorAll('.or-hint.active')].filter(visible).map(text).join(' '),
        choices: choicesOf(question),
        messages: messagesOf(question),
        readonly: controls(question).every((control) => control.hasAttribute('readonly')),
    }));
    const headings = [...form.view.html.querySelectorAll('.or-group > h4 .question-label.active')]
        .filter(visible)
        .map(text);
    return { questions, headings, too_wide: tooWide() };
}

/** Texts that do not fit: cut off, or reaching beyond the screen. */
function tooWide() {
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push(`the page is wider than ${width} pixels`);
    const page = root();
    for (const element of page.querySelectorAll('.question-label.active, .or-hint.active, .option-label.active, .active.or-required-msg, .active.or-constraint-msg, h4')) {
        if (!visible(element)) continue;
        const box = element.getBoundingClientRect();
        const cut = element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
        if (cut || box.right > width + 1 || box.left < -1) found.push(text(element));
    }
    const brush = document.createElement('canvas').getContext('2d');
    for (const select of page.querySelectorAll('select')) {
        if (!visible(select)) continue;
        const style = getComputedStyle(select);
        brush.font = style.font;
        const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        const shown = text(select.options[select.selectedIndex]);
        if (brush.measureText(shown).width > room) found.push(shown);
    }
    return found;
}

/** Answer one question on the page, as a list of values; an empty list empties it. Returns "" or why it cannot be. */
function answer(path, values) {
    const question = onScreen().find((one) => pathOf(one) === path);
    if (!question) return 'not on the page';
    const inputs = controls(question);
    const [first] = inputs;
    if (first.type === 'radio' || first.type === 'checkbox') return press(inputs, values);
    if (first.tagName === 'SELECT') {
        const offered = new Set([...first.options].map((option) => option.value));
        if (values.some((value) => !offered.has(value))) return 'not offered';
    }
    form.input.setVal(first, first.multiple ? values : (values[0] ?? ''), new CustomEvent('inputupdate', { bubbles: true }));
    first.dispatchEvent(new Event('change', { bubbles: true }));
    return '';
}

function press(inputs, values) {
    const offered = new Set(inputs.map((input) => input.value));
    if (values.some((value) => !offered.has(value))) return 'not offered';
    for (const input of inputs) {
        const wanted = values.includes(input.value);
        if (input.type === 'checkbox' && input.checked !== wanted) input.click();
        if (input.type === 'radio' && wanted && !input.checked) input.click();
    }
    // Pressing a chosen one again takes it back: the theme lets a person change her mind.
    if (inputs[0].type === 'radio' && !values.length) inputs.find((input) => input.checked)?.click();
    return '';
}

/** Press Next: "moved", "stopped", or "end" on the last page, where a person would press Submit. */
async function next() {
    while (form.pageNavigationBlocked) await new Promise((resolve) => setTimeout(resolve, 25));
    const before = form.pages.current;
    if (!form.pages.active || form.pages.activePages.at(-1) === before) {
        return (await form.validateContent(form.view.$)) ? 'end' : 'stopped';
    }
    moving = undefined;
    document.querySelector('.next-page').click();
    await moving;
    return form.pages.current === before ? 'stopped' : 'moved';
}

/** Whether the page would let go. */
function complete() {
    return form.validateContent(form.pages.active ? form.view.$.find(root()) : form.view.$);
}

/** Check the form as a whole and return what is sent. */
async function submit() {
    const valid = await form.validate();
    form.view.html.dispatchEvent(new CustomEvent('before-save', { bubbles: true }));
    return { valid, xml: form.getDataStr({ irrelevant: false }) };
}

window.harness = { open, here, answer, complete, next, submit };
