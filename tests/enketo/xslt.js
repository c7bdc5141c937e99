// Browsers are dropping XSLT, with which Enketo makes a web form of an XForm: the test's own server does it instead.
window.XSLTProcessor = class {
    parameters = {};

    importStylesheet(document) {
        this.stylesheet = new XMLSerializer().serializeToString(document);
    }

    setParameter(_namespace, name, value) {
        this.parameters[name] = String(value);
    }

    transformToDocument(source) {
        const request = new XMLHttpRequest();
        request.open('POST', '/xslt', false);
        const document = new XMLSerializer().serializeToString(source);
        request.send(JSON.stringify({ stylesheet: this.stylesheet, document, parameters: this.parameters }));
        if (request.status !== 200) throw new Error(request.responseText);
        const type = request.getResponseHeader('content-type').split(';')[0];
        return new DOMParser().parseFromString(request.responseText, type);
    }
};
